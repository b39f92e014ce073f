"""The connection and its cursors. Django finds them by this module's name."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base, operations
from django.db.utils import OperationalError

from apps.core.locks import LOCKED, came_too_late
from apps.core.sqlite3.timeline import LARGE_SECONDS, ClockWasSet, Timeline, timeline_of
from apps.core.sqlite3.turns import NotInPlace, Turns, turns_for
from apps.core.sqlite3.unchanged import Unchanged

TIMEOUT_SECONDS = 5.0  # SQLite's own default


@lru_cache(maxsize=1024)
def converted(query: str) -> str:
    """Return a text with SQLite's marks for parameters. Texts come again and again, and some are long."""
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


def moment(written: bytes) -> datetime:
    """Read a column that is declared a moment: all are written in UTC, without saying so."""
    return datetime.fromisoformat(written.decode() + "+00:00")


sqlite3.register_converter("datetime", moment)  # in place of Django's, which tries several forms


class Cursor(base.SQLiteCursorWrapper):
    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        if param_names is None and type(query) is str:
            return converted(query)
        return super().convert_query(query, param_names=param_names)


class DatabaseOperations(operations.DatabaseOperations):
    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Leave what `moment` read. What is computed comes as text and is read as Django reads it."""
        return value if type(value) is datetime else super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes its turn before a transaction begins, and gives it back when it has ended, however it did."""

    ops_class = DatabaseOperations

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._turns: Turns | None = None
        self.only_reads = False
        self.waits = True
        self.unchanged = Unchanged()
        self.commits = 0
        self._begun_at = 0  # of `commits`
        self._changing: DatabaseWrapper | None = None
        self.counted_from: float | None = None  # the zero of the moment that this thread asked for last

    def only_read(self) -> None:
        """Refuse from now on to write, and to wait for whoever writes: with NotInPlace or an OperationalError."""
        if not self.only_reads:
            assert not self.in_atomic_block
            self.close()
            self.only_reads = True

    def changing(self) -> "DatabaseWrapper":
        """Return the connection that changes things where this one only reads, for a new piece of work.

        Whoever's turn it is to write, it waits for nobody: NotInPlace. Once it has committed something it does, for
        then nobody else may do the work from its beginning. Another connection, for to allow this one to write and
        forbid it again would have SQLite compile each statement anew.
        """
        if self._changing is None:
            self._changing = type(self)(self.settings_dict, self.alias)
            self._changing.waits = False
        self._changing._begun_at = self._changing.commits
        return self._changing

    def may_be_left(self, error: BaseException) -> bool:
        """Tell whether others may do again, from its beginning, what failed here: it is in place, and was in the way of
        somebody else, or tried to write where it only reads. Nothing was changed.
        """
        return self.only_reads or (self.waits_for_nobody() and came_too_late(error))

    def waits_for_nobody(self) -> bool:
        """Tell whether work here would rather be left to others than wait: nothing of it was committed yet."""
        return not self.waits and self.commits == self._begun_at

    def timeline(self) -> Timeline | None:
        """Return the clock of the file. None in memory, where the host's own decides. Raises OperationalError."""
        return None if self.is_in_memory_db() else timeline_of(str(self.settings_dict["NAME"]))

    def zero(self) -> float | None:
        """Return what moments are counted from, None in memory, and remember it for the next turn."""
        timeline = self.timeline()
        self.counted_from = None if timeline is None else timeline.zero
        return self.counted_from

    def refuse_outdated(self, counted_from: float | None) -> None:
        """Raises ClockWasSet if the zero was moved since moments were counted from one."""
        if counted_from is None:
            return
        timeline = self.timeline()
        if timeline is not None and abs(timeline.zero - counted_from) > LARGE_SECONDS:
            raise ClockWasSet("The host's clock was set meanwhile.")

    def version(self) -> int:
        """Return what is another whenever somebody else has committed something since. For one that only reads."""
        self.ensure_connection()
        with self.wrap_database_errors:
            number: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return number

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self.unchanged = Unchanged()  # the version is a number of this connection to the file, not of the file
        if self.only_reads or not self.waits:
            with self.cursor() as cursor:
                cursor.execute(f"PRAGMA query_only = {self.only_reads:d}")
                cursor.execute("PRAGMA busy_timeout = 0")

    def create_cursor(self, name: str | None = None) -> Cursor:
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db() and self._turns is None:
            self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn_back()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if autocommit:
            self._give_turn_back()

    def close(self) -> None:
        super().close()
        if self._changing is not None:
            self._changing.close()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def cut_log(self) -> bool:
        """Bring what the write-ahead log holds into the file, and the log's size back to nothing.

        Returns False when somebody still reads what the log keeps for them: nobody waits for that. It takes a writer's
        turn, so that none of ours writes at the same moment: before 3.51.3 SQLite could damage the file then.
        """
        if self.is_in_memory_db():
            return True
        with self.turn(), self.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                is_busy = bool(cursor.fetchone()[0])
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {self._timeout_seconds * 1000:.0f}")
        return not is_busy

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have a writer's turn, until the first transaction inside has ended or this has.

        Raises OperationalError when it did not come in time.
        """
        self._take_turn()
        try:
            yield
        finally:
            self._give_turn_back()

    @contextmanager
    def unsynced(self) -> Iterator[None]:
        """Commit what is inside without waiting for the disk.

        A power cut may undo it, and nothing that was committed before; nor does anything last that was built on it.
        """
        with self.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            usual = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            if self.connection is not None:  # else the next one begins as usual
                with self.cursor() as cursor:
                    cursor.execute(f"PRAGMA synchronous = {usual:d}")

    @property
    def _timeout_seconds(self) -> float:
        return float(self.settings_dict["OPTIONS"].get("timeout", TIMEOUT_SECONDS))

    def _take_turn(self) -> None:
        if self.only_reads:
            raise NotInPlace
        turns, waits = turns_for(str(self.settings_dict["NAME"])), not self.waits_for_nobody()
        if not turns.take(self._timeout_seconds if waits else 0.0):
            raise OperationalError(LOCKED) if waits else NotInPlace
        self._turns = turns
        counted_from, self.counted_from = self.counted_from, None
        try:
            self.refuse_outdated(counted_from)
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.commits += 1

    def _give_turn_back(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.give_back()
