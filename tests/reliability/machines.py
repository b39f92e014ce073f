"""A Headrace on a PostgreSQL server of its own, and what a fault can reach of it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.running import Headrace
from tests.tooling.services import Server

LEASE_SECONDS = 3
ANSWER_SECONDS = 4


@dataclass(frozen=True)
class OnPostgres:
    headrace: Headrace
    server: Server

    def connect(self, **options: Any) -> AbstractContextManager[psycopg.Connection]:
        """Return a session of somebody else in the same database."""
        return psycopg.connect(self.server.url, **options)

    def ask(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query that stands by itself."""
        with self.connect(autocommit=True) as connection:
            cursor = connection.execute(query.encode(), arguments)
            return cursor.fetchall() if cursor.description else []
