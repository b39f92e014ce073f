"""The live log of one action on its way to the database: gathered for a moment, cut at its limit."""

import threading
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError

FLUSH_SECONDS = 0.15
AWAY_SECONDS = 1.0
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
        self._is_away = False
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
            self._waiting += content
            if self._timer is None:
                self._flush_in(FLUSH_SECONDS)
            is_full = len(self._waiting) >= CHUNK_BYTES and not self._is_away
        if is_full:
            self._try_to_flush()

    def flush(self) -> None:
        """Hand on what waits. If the sink raises, it goes on waiting."""
        with self._flushing:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            if self._waiting:
                self._sink(self._offset, bytes(self._waiting))
                self._offset += len(self._waiting)
                self._waiting.clear()

    def _try_to_flush(self) -> None:
        """Hand on what waits; if the database is away, later: a step goes on meanwhile."""
        try:
            self.flush()
            self._is_away = False
        except DatabaseError:
            with self._flushing:
                self._is_away = True
                if self._timer is None:
                    self._flush_in(AWAY_SECONDS)

    def _flush_in(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._try_to_flush)
        self._timer.daemon = True
        self._timer.start()
