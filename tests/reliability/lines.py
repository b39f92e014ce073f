"""Lines between processes that can be cut: TCP on loopback, through a relay of ours.

A network loses packets and tells nobody. `hold` is a cut that ends before TCP gives up: what was sent meanwhile
arrives late. `lose` is one that lasts: those who talked when it began never hear of each other again, nor are told.
"""

import contextlib
import select
import socket
import struct
import threading
from typing import Self

CHUNK = 65_536
LOOK_SECONDS = 0.05
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends a reset


class Line:
    """A port of loopback whose connections go to `port`, as long as it is whole."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self.listener.getsockname()[1])
        self._whole = threading.Event()
        self._whole.set()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lost: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._whole.set()
        self.listener.close()
        self.reset()

    def hold(self) -> None:
        """Let nothing through; what is sent waits."""
        self._whole.clear()

    def lose(self) -> None:
        """Let nothing through; whoever is connected now has lost the other side for good, and hears nothing of it."""
        self._whole.clear()
        with self._lock:
            self._lost |= {end for pair in self._pairs for end in pair}

    def reset(self) -> None:
        """Break every connection in a way that both sides notice."""
        with self._lock:
            for pair in self._pairs:
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                        end.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def mend(self) -> None:
        self._whole.set()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._pairs.append((near, far))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        """Carry what one side sends, its end too, but nothing after a cut that lasted."""
        with contextlib.suppress(OSError, ValueError):
            while not self._ended.is_set():
                if not select.select([source], [], [], LOOK_SECONDS)[0]:
                    continue
                data = source.recv(CHUNK)
                self._whole.wait()
                if source in self._lost:
                    continue_silently(source)
                    return
                if not data:
                    break
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def continue_silently(source: socket.socket) -> None:
    """Take what is still sent, as a cable does that ends nowhere, until the sender gives up."""
    while source.recv(CHUNK):
        pass
