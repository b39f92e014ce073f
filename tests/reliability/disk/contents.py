"""What a database file holds, in a form in which two files that differ by chance only are the same."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

Contents = dict[tuple[str, str], list[object]]  # the values of each column, sorted


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file as whoever comes next would: SQLite takes what is committed out of the log."""
    with closing(sqlite3.connect(file)) as database:
        yield database


def problems(database: sqlite3.Connection) -> list[str]:
    """Return what is not whole. Empty: all is."""
    found = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return found + [f"a row of {row[0]} points to nothing" for row in database.execute("PRAGMA foreign_key_check")]


def contents(database: sqlite3.Connection) -> Contents:
    found: Contents = {}
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        cursor = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608  the names are those of the file
        names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        found |= {(table, name): sorted((row[at] for row in rows), key=repr) for at, name in enumerate(names)}
    return found


class Comparison:
    """Tells whether contents are those before or after an operation, from the contents after two runs of it.

    A column in which two runs differ holds ids, times or chance; there only the number of rows is compared.
    """

    def __init__(self, before: Contents, after: Contents, after_another: Contents) -> None:
        self._chance = {column for column in after if after[column] != after_another.get(column)}
        self._before, self._after = self._without_chance(before), self._without_chance(after)
        assert self._after == self._without_chance(after_another)
        assert self._after != self._before

    def place(self, found: Contents) -> str:
        """Return "before", "after", or how far `found` is from both."""
        seen = self._without_chance(found)
        if seen == self._before:
            return "before"
        if seen == self._after:
            return "after"
        columns = [column for column in seen if self._before.get(column) != seen[column] != self._after.get(column)]
        return f"between the two: {columns or 'parts of both'}"

    def _without_chance(self, found: Contents) -> dict[tuple[str, str], object]:
        return {column: len(values) if column in self._chance else values for column, values in found.items()}
