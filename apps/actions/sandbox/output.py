"""What a command prints, up to its limit."""

from collections.abc import Callable

from .command import MIB


def cut_mark(limit_bytes: int) -> bytes:
    """Return the line that stands where a log was cut."""
    size = f"{limit_bytes // MIB} MiB" if limit_bytes >= MIB and limit_bytes % MIB == 0 else f"{limit_bytes} bytes"
    return f"[log cut at {size}]\n".encode()


class CappedOutput:
    """Hands on the first `limit_bytes` bytes, then one line that says so, then nothing."""

    def __init__(self, limit_bytes: int, on_output: Callable[[bytes], None]) -> None:
        self._left = limit_bytes
        self._mark = cut_mark(limit_bytes)
        self._on_output = on_output
        self._in_line = False
        self.cut = False

    def feed(self, chunk: bytes) -> None:
        if self.cut or not chunk:
            return
        shown = chunk[: self._left]
        self._left -= len(shown)
        if shown:
            self._in_line = not shown.endswith(b"\n")
        if len(chunk) > len(shown):
            self.cut = True
            shown += b"\n" + self._mark if self._in_line else self._mark
        self._on_output(shown)
