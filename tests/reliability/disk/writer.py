"""Writes to a database under the shim, and puts into the record what it holds committed.

Run: python -m tests.reliability.disk.writer FILE RECORD TIMES, with the connection's settings as input.
"""

import sqlite3
import sys
from pathlib import Path

from tests.reliability.disk.record import Teller


def main(file: str, record: str, times: str) -> None:
    teller = Teller(Path(record))
    database = sqlite3.connect(file, isolation_level=None)
    for statement in sys.stdin.read().split(";"):
        database.execute(statement).fetchall()
    database.execute("CREATE TABLE IF NOT EXISTS words (number INTEGER PRIMARY KEY, word BLOB)")
    for number in range(int(times)):
        database.execute("UPDATE words SET word = randomblob(1500) WHERE number = ?", [number // 2])
        database.execute("INSERT INTO words VALUES (?, randomblob(1500))", [number])
        teller.tell(str(number))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
