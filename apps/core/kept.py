"""What was read and never changes, kept in this process.

A row is kept once its transaction is committed: one that is rolled back may leave its key to another. Whoever gets
something kept must not change it.
"""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """At most `most` values by their keys; those asked for longest ago are dropped."""

    _every: ClassVar[list["Kept[Any]"]] = []

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()
        self._every.append(self)

    def find(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
            return found

    def keep(self, key: Hashable, value: Value) -> None:
        """Keep a value from the commit of the transaction on in which it was read."""
        transaction.on_commit(lambda: self._keep(key, value))

    def _keep(self, key: Hashable, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            if len(self._values) > self.most:
                self._values.popitem(last=False)

    @classmethod
    def forget_everything(cls) -> None:
        """Drop what is kept. For a process whose database is emptied under it, as between tests."""
        for kept in cls._every:
            with kept._lock:
                kept._values.clear()
