"""A small process with one thread that has every plugin loaded, and forks a child in milliseconds.

The worker has threads and database connections, so it must not fork itself. It asks here, over a socket: "start" (with
the child's end of a socket pair) and "reap". Children die with this process (PR_SET_PDEATHSIG), and this process ends
when the worker's end of the socket closes. What providers leave running when they die is killed with them.

Source: prctl(2), PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER.
"""

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import sys

from .child import serve
from .leftovers import kill_children_but
from .registry import Registry, load_plugins

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
MOST_ROUNDS = 20


def main(descriptor: int, modules: list[str]) -> None:
    """Serve the worker at the other end of `descriptor` until it hangs up."""
    for name in ("PYTHONPATH", "HEADRACE_NURSERY"):
        os.environ.pop(name, None)
    control = socket.socket(fileno=descriptor)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the worker decides what it means
    registry = load_plugins(modules)
    gc.freeze()  # what is loaded stays shared with the children
    control.send(b"ready")
    children: set[int] = set()
    try:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
            if not message:
                return
            answer = _obey(json.loads(message), descriptors, control, registry, children)
            control.send(json.dumps(answer).encode())
    except (ConnectionError, BrokenPipeError):
        return
    finally:
        for pid in list(children):
            reap(pid, children)


def _obey(
    ask: dict[str, int], descriptors: list[int], control: socket.socket, registry: Registry, children: set[int]
) -> dict[str, int]:
    if "reap" in ask:
        return {"status": reap(ask["reap"], children)}
    (descriptor,) = descriptors
    pid = os.fork()
    if not pid:
        _be_a_child(descriptor, control, registry)
    os.close(descriptor)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # here too, so that the group exists before anybody kills it
    children.add(pid)
    return {"pid": pid}


def _be_a_child(descriptor: int, control: socket.socket, registry: Registry) -> None:
    try:
        os.setpgid(0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a living child's commands orphan is that child's, not ours
        control.close()
        os.dup2(0, 2)  # to the null device: what a provider's programs complain of may hold secrets
        with socket.socket(fileno=descriptor) as connection:
            serve(connection, registry)
        os._exit(0)
    finally:
        os._exit(70)  # the connection broke; there is nobody to tell


def reap(pid: int, children: set[int]) -> int:
    """Kill a child with its group and whatever fled from it, and return its status as by waitpid; -1 if unknown."""
    if pid not in children:
        return -1
    ended, status = os.waitpid(pid, os.WNOHANG)  # how it ended by itself is worth knowing
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if not ended:
        status = os.waitpid(pid, 0)[1]
    children.discard(pid)
    kill_children_but(children)
    return status


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
