"""What was read and cannot have changed since."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")
MOST = 256


class Unchanged:
    """What a connection has read, kept until anything at all is written to the file.

    SQLite tells a connection whether others have committed something since it asked last, without reading a row. So
    nothing that writes has to think of what is kept here.
    """

    def __init__(self) -> None:
        self._version = -1
        self._kept: dict[Hashable, Any] = {}

    def find(
        self, key: Hashable, read: Callable[[], Result], is_kept: Callable[[Result], bool], version: int
    ) -> Result:
        if version != self._version or len(self._kept) >= MOST:
            self._version, self._kept = version, {}
        if key in self._kept:
            known: Result = self._kept[key]
            return known
        found = read()
        if is_kept(found):
            self._kept[key] = found
        return found
