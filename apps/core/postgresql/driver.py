"""psycopg, with a limit on each wait for the server.

A server process that is stopped, or a network that swallows what is sent, leaves a thread waiting for good: the
server's own limits are kept by the process that stands still, and TCP sees nothing amiss as long as somebody takes its
packets. Django finds this module's names where it expects psycopg's.
"""

import time
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import (
    Binary,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from psycopg.abc import PQGen

from apps.core.postgresql.sending import Sent

__all__ = [
    "Binary",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "connect",
]

CONNECT_SECONDS: Final = 5
REST_SECONDS: Final = 2.0  # without an answer; then a connection is tried before it is used
TRY_SECONDS: Final = 3.0
# A host that is gone without a word is found by TCP, where it can be.
TCP: Final = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}


class Trouble:
    """When this process lost a connection last, or got none, on the monotonic clock. The others are suspect then."""

    noticed_at = 0.0


class Connection(psycopg.Connection[Any]):
    """Gives up a server that does not answer within `answer_seconds`: what became of the statement is not known."""

    answer_seconds: float | None = None
    answered_at = 0.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sent = Sent(self)

    def commit(self) -> None:
        """Commit, if all that was sent comes out well."""
        if self.sent.is_waiting:
            self.sent.commit()
        else:
            super().commit()

    def rollback(self) -> None:
        self.sent.forget()
        super().rollback()

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        """Have the server forget what is prepared. psycopg calls it without a name after ROLLBACK, DROP and ALTER."""
        yield from super()._deallocate(name)
        if name is None:
            self.sent.nothing_is_prepared()

    def is_trusted(self) -> bool:
        """Tell whether it can be used for what must not fail. Costs a round trip where it has rested for a while.

        It cannot if another connection has been lost since this one had an answer: the same may befall it.
        """
        if self.closed or self.answered_at < Trouble.noticed_at:
            return False
        has_rested = time.monotonic() - self.answered_at > REST_SECONDS
        return not (has_rested and self.autocommit) or self._answers()

    def _answers(self) -> bool:
        usual, self.answer_seconds = self.answer_seconds, TRY_SECONDS
        try:
            self.execute("SELECT 1")
        except DatabaseError:
            return False
        finally:
            self.answer_seconds = usual
        return True

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for what was sent before, then for what `gen` has sent: all that psycopg does with a server comes here.

        Raises OperationalError when there is no answer in time; the connection is closed then.
        """
        self.sent.settle()
        limit = self.answer_seconds or settings.DATABASE_ANSWER_SECONDS
        try:
            answer = super().wait(gen, interval, limit if timeout is None else timeout)
        except OperationalError as error:
            is_late = timeout is None and self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE
            if is_late or self.pgconn.status == psycopg.pq.ConnStatus.BAD:
                Trouble.noticed_at = time.monotonic()
            if not is_late:
                raise
            self.pgconn.finish()  # closing it in good order would wait again
            raise OperationalError(f"The database did not answer within {limit} seconds.") from error
        self.answered_at = time.monotonic()
        if self.pgconn.status == psycopg.pq.ConnStatus.BAD:
            Trouble.noticed_at = self.answered_at  # it said why before it was gone
        return answer


def connect(conninfo: str = "", **parameters: Any) -> Connection:
    """Return a connection. Raises psycopg.OperationalError when there is none within `CONNECT_SECONDS`."""
    try:
        made = Connection.connect(conninfo, **{"connect_timeout": CONNECT_SECONDS, **TCP, **parameters})
    except OperationalError:
        Trouble.noticed_at = time.monotonic()
        raise
    made.answered_at = time.monotonic()
    return made
