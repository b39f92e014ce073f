"""Puts the lines of several processes on one screen, each with its process's name before it."""

import os
import sys
from collections import deque
from dataclasses import dataclass, field

from .places import say

COLOURS = (36, 35, 33, 32, 34, 31)
LINE_BYTES = 16_384
KEPT_LINES = 15


def colour(text: str, code: int) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


@dataclass
class Lines:
    """Cuts one process's output into lines, prints them and keeps the last ones."""

    label: str
    last: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    rest: bytes = b""

    def feed(self, chunk: bytes) -> None:
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        for line in whole:
            self.put(line)
        if len(self.rest) > LINE_BYTES:  # one endless line must not fill the memory
            self.close()

    def close(self) -> None:
        if self.rest:
            self.put(self.rest)
            self.rest = b""

    def put(self, line: bytes) -> None:
        text = line[:LINE_BYTES].decode(errors="replace").rstrip("\r")
        self.last.append(text)
        say(f"{self.label} {text}")
