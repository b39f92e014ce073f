"""The live log of one action on its way to the database: gathered for a moment, cut at its limit."""

import threading
import time
from collections.abc import Callable

from django.conf import settings

FLUSH_SECONDS = 0.15
CHUNK_BYTES = 65_536
Sink = Callable[[int, bytes], None]  # offset in bytes, content


class LogWriter:
    """Gathers what a step prints and hands it on in stretches. `add` may be called from one thread only.

    Units: `start` is the offset in bytes where earlier steps of the action ended; they count towards the limit.
    """

    def __init__(self, sink: Sink, *, start: int = 0, limit_bytes: int | None = None) -> None:
        self._sink = sink
        self._left = (settings.LOG_LIMIT_BYTES if limit_bytes is None else limit_bytes) - start
        self._waiting = bytearray()
        self._offset = start
        self._first_at = 0.0
        self._timer: threading.Timer | None = None
        self._flushing = threading.Lock()

    def add(self, content: bytes) -> None:
        if self._left <= 0:
            return
        if len(content) >= self._left:
            content = content[: self._left] + b"\n[log cut: it reached its limit]\n"
            self._left = 0
        self._left -= len(content)
        with self._flushing:
            if not self._waiting:
                self._first_at = time.monotonic()
                self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()
            self._waiting += content
        if len(self._waiting) >= CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        with self._flushing:
            content, self._waiting = bytes(self._waiting), bytearray()
            if self._timer:
                self._timer.cancel()
                self._timer = None
            if content:
                self._sink(self._offset, content)
                self._offset += len(content)
