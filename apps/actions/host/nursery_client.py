"""The worker's end of the nursery: starts it, asks it for children, starts it again when it died."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

START_SECONDS = 60.0
ASK_SECONDS = 20.0
ROOT = Path(__file__).resolve().parents[3]


class NurseryUnavailable(Exception):
    """No child process can be started on this machine now."""


class NurseryClient:
    """Safe to use from several threads."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = tuple(modules)
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start_child(self) -> tuple[int, socket.socket]:
        """Return the id of a new child and our end of its connection. Raises NurseryUnavailable."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                answer = self._ask({"start": 1}, theirs)
            except BaseException:
                ours.close()
                raise
        return answer["pid"], ours

    def reap(self, pid: int) -> int | None:
        """Kill a child if it lives, and return its wait status; None if nobody knows it any more."""
        try:
            status = self._ask({"reap": pid}, None, start_anew=False)["status"]
        except NurseryUnavailable:
            return None  # the nursery died, and its children with it
        return None if status < 0 else status

    def close(self) -> None:
        """End the nursery and all its children."""
        with self._lock:
            self._drop()

    def _ask(
        self, what: dict[str, int], connection: socket.socket | None, *, start_anew: bool = True
    ) -> dict[str, int]:
        with self._lock:
            for _ in range(2):  # the first may find that the nursery died unnoticed
                if self._control is None:
                    if not start_anew:
                        break
                    self._control = self._start()
                try:
                    handed = [connection.fileno()] if connection else []
                    socket.send_fds(self._control, [json.dumps(what).encode()], handed)
                    answer = self._control.recv(65536)
                except OSError:
                    answer = b""
                if answer:
                    return dict(json.loads(answer))
                self._drop()
        raise NurseryUnavailable("No child process for providers can be started.")

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        search = os.pathsep.join([str(ROOT), *(path for path in sys.path if path)])
        argv = [sys.executable, "-m", "apps.actions.host.nursery", str(theirs.fileno()), *self._modules]
        with theirs, open(os.devnull, "r+b", buffering=0) as null:
            self._process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": search},
                stdin=null,
                stdout=null,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        ours.settimeout(START_SECONDS)
        try:
            ready = ours.recv(64)
        except OSError:
            ready = b""
        if not ready:
            ours.close()
            self._end_process()
            raise NurseryUnavailable("The process that loads the plugins ended while it started.")
        ours.settimeout(ASK_SECONDS)
        return ours

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        self._end_process()

    def _end_process(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        self._process = None
