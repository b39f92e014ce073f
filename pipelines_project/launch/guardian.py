"""Outlives a supervisor that was killed outright, and ends what it left behind.

    python -I -S guardian.py TOKEN      with standard input open to the supervisor

The supervisor's end of the pipe closes when it dies, however it dies. Its direct children get SIGTERM from the kernel
(child.py); whatever still carries the token in its environment after the grace is killed. A supervisor that ends in
order closes the pipe after its processes have gone, so the guardian finds none and leaves.
"""

import os
import signal
import sys
import time

TOKEN_VARIABLE = "HEADRACE_RUN_TOKEN"
GRACE_SECONDS = 8.0
PAUSE_SECONDS = 0.1


def carriers(token: str) -> list[int]:
    """Return the ids of the other processes whose environment carries `token`."""
    mark = f"{TOKEN_VARIABLE}={token}".encode()
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and int(name) != os.getpid() and mark in environment_of(name):
            found.append(int(name))
    return found


def environment_of(pid: str) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            return stream.read().split(b"\0")
    except OSError:  # it ended meanwhile, or is another user's
        return []


def kill_carriers(token: str) -> None:
    for pid in carriers(token):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    token = sys.argv[1]
    while os.read(0, 4096):
        continue
    deadline = time.monotonic() + GRACE_SECONDS
    while carriers(token) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    while carriers(token):  # a process may have forked between the look and the kill
        kill_carriers(token)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
