"""Keeps one command that is not isolated, and everything that it starts. Runs as a script, with no module of ours.

Standard input brings one line of JSON, then "term" or "kill" lines; its end means that the runner is gone, and is the
same as "kill". All descendants come back to this process (it is a subreaper), so none outlives the command.
"""

import base64
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
NOT_STARTED = 127


def main() -> int:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return NOT_STARTED
        line += byte
    spec = json.loads(line)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the runner speaks through the pipe
    write_secrets(spec)
    try:
        child = os.fork()
        if child == 0:
            become(spec)
        return keep(child)
    finally:
        end_all()
        shutil.rmtree(spec["secrets_dir"], ignore_errors=True)


def keep(child: int) -> int:
    """Wait until the command ends, by itself or on demand. Returns its exit code, 128 + n after signal n."""
    over = os.pidfd_open(child)
    while True:
        ready, _, _ = select.select([0, over], [], [])
        if over in ready:
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        said = os.read(0, 64)
        if b"kill" in said or not said:
            return 128 + signal.SIGKILL
        send_all(signal.SIGTERM)


def become(spec: dict[str, Any]) -> None:
    """Turn this process into the command."""
    try:
        os.setsid()
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.chdir(spec["work_dir"])
        for number in (signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores the last two
            signal.signal(number, signal.SIG_DFL)
        for name, value in spec["rlimits"].items():
            hard = resource.getrlimit(getattr(resource, name))[1]
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(getattr(resource, name), (least, least))
        if spec["uid"] is not None:
            os.setgroups([])
            os.setresgid(spec["uid"], spec["uid"], spec["uid"])
            os.setresuid(spec["uid"], spec["uid"], spec["uid"])
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.execvpe(spec["argv"][0], spec["argv"], spec["environment"])
    except OSError as error:
        os.write(2, f"{spec['argv'][0]}: {error.strerror}\n".encode())
    finally:
        os._exit(NOT_STARTED)


def write_secrets(spec: dict[str, Any]) -> None:
    folder = spec["secrets_dir"]
    os.mkdir(folder, 0o700)
    for name, content in spec["secrets"].items():
        descriptor = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with open(descriptor, "wb") as file:
            file.write(base64.b64decode(content))
            if spec["uid"] is not None:
                os.fchown(descriptor, spec["uid"], spec["uid"])
    if spec["uid"] is not None:
        os.chown(folder, spec["uid"], spec["uid"])


def end_all() -> None:
    """Kill until there is no descendant left; what forks meanwhile is found in the next round."""
    while True:
        send_all(signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def send_all(number: int) -> None:
    for pid in descendants():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", errors="replace") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    return found


def prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
