"""Becomes the command it is given, after asking the kernel for SIGTERM when the supervisor dies.

    python -I -S child.py SUPERVISOR_PID COMMAND ARGUMENT...

A program of its own, because what runs between fork and exec in a process with threads must not be Python.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
SUPERVISOR_GONE = 3


def main() -> None:
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before the kernel was asked
        sys.exit(SUPERVISOR_GONE)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
