"""Everything that a running Headrace keeps, as one digest a table, to be compared before and after."""

import hashlib
import sqlite3
from contextlib import closing
from typing import Any

from tests.running import Headrace

BOOKKEEPING = frozenset({"last_used_at"})  # columns that every call may touch


def ledger(headrace: Headrace) -> dict[str, str]:
    """Return a digest of each table's rows."""
    with closing(_connect(headrace)) as connection:
        cursor = connection.cursor()
        return {table: _digest(cursor, table) for table in _tables(cursor)}


def _connect(headrace: Headrace) -> Any:
    address = headrace.environment.get("HEADRACE_DATABASE_URL")
    if address is None:
        return sqlite3.connect(f"file:{headrace.data / 'headrace.sqlite3'}?mode=ro", uri=True, timeout=20)
    import psycopg

    return psycopg.connect(address)


def _tables(cursor: Any) -> list[str]:
    if isinstance(cursor, sqlite3.Cursor):
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    else:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [name for (name,) in cursor.fetchall()]


def _digest(cursor: Any, table: str) -> str:
    cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  the name comes from the database's own catalogue
    kept = [place for place, column in enumerate(cursor.description) if column[0] not in BOOKKEEPING]
    rows = sorted(repr([row[place] for place in kept]) for row in cursor.fetchall())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
