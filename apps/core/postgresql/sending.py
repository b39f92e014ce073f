"""Statements of a transaction that are sent one after another, and answered for together.

A decision has some twenty statements, most of which only say what is to be written. Waiting for the answer of each
costs more than carrying it out. Here they are sent in libpq's pipeline mode; the server is at them meanwhile, in their
order. Whatever is read next, a savepoint and the commit wait for all of them first, and get their errors.
"""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import psycopg
from django.db.backends.postgresql import base

logger = logging.getLogger(__name__)


DjangosCursor: Any = base.ServerBindingCursor


class Cursor(DjangosCursor):
    """Waits for what was sent before. Django's own statements all come through here."""

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self.connection.sent.settle()
        return super().execute(*arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> None:
        self.connection.sent.settle()
        super().executemany(*arguments, **options)

    def stream(self, *arguments: Any, **options: Any) -> Any:
        self.connection.sent.settle()
        return super().stream(*arguments, **options)

    def copy(self, *arguments: Any, **options: Any) -> Any:
        self.connection.sent.settle()
        return super().copy(*arguments, **options)


class Sent:
    """What was sent on a connection and is not answered yet."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._open = ExitStack()
        self.is_waiting = False

    def send(self, text: str, parameters: Sequence[Any] = (), *, prepare: bool | None = None) -> psycopg.Cursor[Any]:
        """Send a statement. `settle` before its rows are read. Raises: what psycopg raises, of earlier ones too."""
        if not self.is_waiting:
            self._open.enter_context(self._connection.pipeline())
            self.is_waiting = True
        cursor = psycopg.Cursor(self._connection)
        cursor.execute(text, parameters, prepare=prepare)
        return cursor

    def settle(self) -> None:
        """Wait for all answers. Raises the first error among them."""
        if self.is_waiting:
            self.is_waiting = False
            self._open.close()

    def commit(self) -> None:
        """Commit after what was sent, and wait for all of it. If any of it fails, the server leaves the commit out."""
        self.send("COMMIT", prepare=False)
        self.settle()

    def forget(self) -> None:
        """Wait for all answers and take no notice of them: the transaction is being undone."""
        try:
            self.settle()
        except psycopg.Error as error:
            logger.debug("Of what is undone, something had failed: %s", error)
