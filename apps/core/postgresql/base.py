"""The connection's wrapper. Django finds it by this module's name."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base

from apps.core.postgresql import driver


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects through our driver, replaces what is suspect, and counts its commits."""

    Database: Any = driver

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commits = 0

    def create_cursor(self, name: str | None = None) -> Any:
        if name is not None:
            self.connection.sent.settle()  # psycopg looks before it waits, and refuses one of the server's
        return super().create_cursor(name)

    def send(self, text: str, parameters: Sequence[Any]) -> Any:
        """Carry out a statement; within a transaction nobody waits for its answer. `settle` before its rows are read.

        Returns what has its rows in `fetchall()`. It is carried out as Django does where somebody looks at each
        statement, and where a pooler stands between that carries no prepared statements.
        """
        if not self.in_atomic_block or self._is_watched() or self.connection.prepare_threshold is None:
            cursor = self.cursor()
            cursor.execute(text, parameters)
            return cursor
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            return self.connection.sent.send(text, parameters)

    def _is_watched(self) -> bool:
        return bool(self.force_debug_cursor or self.execute_wrappers)

    def settle(self) -> None:
        """Wait until all is done that was sent. Raises the database's error of the first that failed."""
        with self.wrap_database_errors:
            self.connection.sent.settle()

    def _savepoint_rollback(self, sid: str) -> None:
        self.connection.sent.forget()  # all of it came after the savepoint, which had waited for what was before it
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def ensure_connection(self) -> None:
        """Replace a connection that is lost before anything is done with it.

        One whose fellows were lost is not asked, rather than have another request learn the same of it.
        """
        if self.connection is not None and not self.in_atomic_block and not self.connection.is_trusted():
            self.close()
        super().ensure_connection()

    def get_autocommit(self) -> bool:
        """Return how it is set, without a look at the server: Django asks before each request, used or not."""
        return super().get_autocommit() if self.connection is None else self.autocommit

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.commits += 1
