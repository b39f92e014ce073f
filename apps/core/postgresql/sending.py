"""Statements of a transaction that are sent one after another, and answered for together.

A decision has some twenty statements, most of which only say what is to be written. Waiting for the answer of each
costs more than carrying it out. Here they are sent in libpq's pipeline mode; the server is at them meanwhile, in their
order. Whatever is read next, a savepoint and the commit wait for all of them first, and get their errors.

They are handed to libpq itself. psycopg's cursor asks for each statement what its values are, whether it is prepared
and whether something can be read or sent, which took more of the processor than all else that a decision does with the
database. Here a text is prepared when it is first sent, the server finds the types of its values, and what there is to
read is read when somebody waits for it.
"""

import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.adapt import Buffer, PyFormat, Transformer
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int2, Int4, Int8
from psycopg.waiting import Ready, Wait

logger = logging.getLogger(__name__)

MOST_PREPARED: Final = 300  # statements of a connection: some two hundred texts are sent in this way
SUCCEEDED: Final = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})
# What is prepared no longer fits the tables, or is gone.
OUTDATED: Final = frozenset({"0A000", "26000"})
LOST: Final = "The connection to the database was lost."


class Reply:
    """What the server says to a statement. There is none before the connection has settled, nor after an error."""

    __slots__ = ("_load", "prepares", "result")

    def __init__(self, load: Callable[[PGresult], list[tuple[Any, ...]]], prepares: str = "") -> None:
        self._load = load
        self.prepares = prepares  # a text: the statement makes it one that can be sent by its name
        self.result: PGresult | None = None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows. Raises psycopg.DataError for what Python cannot hold, InterfaceError without a reply."""
        if self.result is None:
            raise psycopg.InterfaceError("The statement was not answered.")
        return self._load(self.result)


class Sent:
    """What was sent on a connection and is not answered yet, and what is prepared there."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._unanswered: list[Reply] = []
        self._names: OrderedDict[str, bytes] = OrderedDict()  # by text, the one that was sent longest ago first
        self._numbers = count()
        self._kept_values: Any = None
        self.is_waiting = False

    def send(self, text: str, parameters: Sequence[Any] = ()) -> Reply:
        """Send a statement of the transaction, and `BEGIN` before its first. `settle` before its rows are read.

        Raises: psycopg.DataError for a value that PostgreSQL cannot hold; OperationalError when the connection is lost.
        """
        values = [self._written(value) for value in parameters]
        pgconn = self._connection.pgconn
        self._begin(pgconn)
        name = self._names.get(text)
        if name is None:
            name = self._prepare(pgconn, text)
        else:
            self._names.move_to_end(text)
        pgconn.send_query_prepared(name, values)
        return self._expected(pgconn)

    def settle(self) -> None:
        """Wait for all answers. Raises the first error among them."""
        if not self.is_waiting:
            return
        self.is_waiting = False
        replies, self._unanswered = self._unanswered, []
        pgconn = self._connection.pgconn
        try:
            pgconn.pipeline_sync()
            failed = self._connection.wait(_answered(pgconn, replies))
            if pgconn.status == pq.ConnStatus.OK:
                pgconn.exit_pipeline_mode()
        except BaseException:
            pgconn.finish()  # nobody knows what it would answer to next
            raise
        if failed is not None:
            self._forget_unprepared(replies)
            error = psycopg.errors.error_from_result(failed, encoding=self._connection.info.encoding)
            if error.sqlstate in OUTDATED:
                self.nothing_is_prepared()
            raise error

    def commit(self) -> None:
        """Commit after what was sent, and wait for all of it. If any of it fails, the server leaves the commit out."""
        self._say("COMMIT")
        self.settle()

    def forget(self) -> None:
        """Wait for all answers and take no notice of them: the transaction is being undone."""
        try:
            self.settle()
        except psycopg.Error as error:
            logger.debug("Of what is undone, something had failed: %s", error)

    def nothing_is_prepared(self) -> None:
        """Take note that the server has forgotten what was prepared, or that it had better be prepared anew."""
        self._names.clear()

    def _begin(self, pgconn: PGconn) -> None:
        if self.is_waiting:
            return
        is_idle = pgconn.transaction_status == pq.TransactionStatus.IDLE
        pgconn.enter_pipeline_mode()
        self.is_waiting = True
        if is_idle:
            self._say("BEGIN")

    def _say(self, words: str) -> None:
        pgconn = self._connection.pgconn
        pgconn.send_query_params(words.encode(), None)
        self._expected(pgconn)

    def _expected(self, pgconn: PGconn, prepares: str = "") -> Reply:
        pgconn.flush()  # at once: the server is at it while the next is made
        reply = Reply(self._rows, prepares)
        self._unanswered.append(reply)
        return reply

    def _prepare(self, pgconn: PGconn, text: str) -> bytes:
        """Each has a name of its own for ever: one that failed to be prepared may not have been forgotten."""
        name = self._names[text] = b"headrace_%d" % next(self._numbers)
        pgconn.send_prepare(name, _numbered(text))
        self._expected(pgconn, prepares=text)
        if len(self._names) > MOST_PREPARED:
            _, oldest = self._names.popitem(last=False)
            self._say(f"DEALLOCATE {oldest.decode()}")
        return name

    def _forget_unprepared(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            if reply.prepares and reply.result is None:
                self._names.pop(reply.prepares, None)

    @property
    def _values(self) -> Any:
        """psycopg's Transformer: what it makes of values on this connection, in both directions."""
        if self._kept_values is None:
            cursor = psycopg.Cursor(self._connection)
            cursor.adapters.register_loader("timestamptz", MomentLoader)
            self._kept_values = Transformer(cursor)
        return self._kept_values

    def _written(self, value: Any) -> Buffer | None:
        write = WRITERS.get(type(value))
        return self._values.get_dumper(value, PyFormat.TEXT).dump(value) if write is None else write(value)

    def _rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        values = self._values
        values.set_pgresult(result)
        rows: list[tuple[Any, ...]] = values.load_rows(0, result.ntuples, tuple)
        values.set_pgresult(None)
        return rows


def _answered(pgconn: PGconn, replies: Sequence[Reply]) -> PQGen[PGresult | None]:
    """Read the results of `replies` and of the end of the pipeline. Returns the first that is a failure.

    Raises psycopg.OperationalError when the connection is lost before the server has said of a failure.
    """
    failed: PGresult | None = None
    try:
        while pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                pgconn.consume_input()
        for reply in replies:
            result = yield from _next(pgconn)
            if result is None:
                raise psycopg.OperationalError(LOST)
            if result.status in SUCCEEDED:
                reply.result = result
            else:
                failed = failed or result  # those that follow it say that they were left out
            yield from _next(pgconn)  # the end of its results
        yield from _next(pgconn)  # the end of the pipeline
    except psycopg.OperationalError:
        if failed is None:
            raise
    return failed


def _next(pgconn: PGconn) -> PQGen[PGresult | None]:
    while pgconn.is_busy():
        if (yield Wait.R):
            pgconn.consume_input()
    return pgconn.get_result()


@lru_cache(maxsize=1000)
def _numbered(text: str) -> bytes:
    """Return a text with `$1`, `$2` … in the place of each `%s`."""
    numbers: Iterator[int] = count(1)
    return re.sub("%(s|%)", lambda found: "%" if found[1] == "%" else f"${next(numbers)}", text).encode()


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


def _number(value: int) -> bytes:
    return b"%d" % value


def _document(value: Jsonb) -> bytes:
    text = (value.dumps or json.dumps)(value.obj)
    return text.encode() if isinstance(text, str) else text


# As text, whose type the server finds by its place. Of other types psycopg knows how they are written.
WRITERS: Final[dict[type, Callable[[Any], bytes | None]]] = {
    type(None): lambda value: None,
    str: _text,
    bool: lambda value: b"t" if value else b"f",
    **dict.fromkeys((int, Int2, Int4, Int8), _number),
    datetime: lambda value: str(value).encode(),
    UUID: lambda value: value.hex.encode(),
    Jsonb: _document,
}


class MomentLoader(TimestamptzLoader):
    """Reads a moment as our sessions write it, in UTC, without a look at what other sessions might write."""

    def load(self, data: Buffer) -> datetime:
        text = bytes(data).decode()
        return datetime.fromisoformat(text) if text.endswith("+00") else super().load(data)
