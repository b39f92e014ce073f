"""On PostgreSQL a transaction sends one statement after another: all of them count, and their errors are told."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg.types.json import Jsonb

from apps.core import doorbell
from apps.core.locks import was_undone
from apps.core.postgresql import driver, sending
from apps.core.statements import Change, Statement, ask_key, carry_out, insert, update
from apps.events.models import EventChain
from apps.jobs.models import LogChunk
from apps.tenancy.models import Account
from tests.factories import make_account

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite answers in the same process"),
]
OF_A_NAME = Statement(lambda name: Account.objects.filter(name=name).order_by().values_list("name"), name=Account.name)
RENAME = Change(lambda name: Account.objects.filter(name=name), {"name": "new"}, name=Account.name)


def in_transaction(*steps: Callable[[], object]) -> None:
    """Take these steps in one transaction. The last finds something sent that was not waited for."""
    with transaction.atomic():
        for step in steps[:-1]:
            step()
        assert waits()
        steps[-1]()


def fail() -> None:
    raise LookupError


def with_a_chain(name: str) -> Account:
    """Return an account whose log has begun, so that it cannot begin again."""
    account = make_account(name)
    EventChain.objects.get_or_create(account=account)
    return account


def names() -> list[str]:
    return list(Account.objects.order_by("name").values_list("name", flat=True))


def waits() -> bool:
    """Tell whether something was sent and not waited for."""
    return connection.connection.sent.is_waiting


def twin(account: Account) -> EventChain:
    return EventChain(account=account, sequence=0, head="")


def test_what_is_written_is_not_waited_for_and_is_there_for_the_next_read():
    account = make_account("a")
    with transaction.atomic():
        account.name = "b"
        update(account, "name")
        assert waits()
        assert OF_A_NAME.rows(name="b") == [("b",)]
        assert not waits()
        RENAME.order(name="b")
        assert waits()
        assert names() == ["new"]  # Django's own reads wait for it, too
        assert not waits()
    assert names() == ["new"]


def test_a_cursor_of_the_server_waits_for_what_is_sent_between_its_rows():
    for name in ("a", "b", "c"):
        make_account(name)
    with transaction.atomic():
        RENAME.order(name="b")
        seen = []
        for account in Account.objects.order_by("pk").iterator(chunk_size=1):
            account.name += "!"
            update(account, "name")
            assert waits()
            seen.append(account.name)
    assert seen == ["a!", "new!", "c!"]
    assert names() == ["a!", "c!", "new!"]


def test_what_was_sent_last_is_committed():
    account = make_account("a")
    with transaction.atomic():
        account.name = "b"
        update(account, "name")
    assert names() == ["b"]
    assert not connection.in_atomic_block
    assert not waits()


def test_outside_a_transaction_it_is_done_at_once():
    account = make_account("a")
    account.name = "b"
    update(account, "name")
    assert not waits()
    assert names() == ["b"]


@pytest.mark.parametrize("how", ["behind a plain pooler", "while somebody looks"])
def test_otherwise_each_is_carried_out_by_itself(how, monkeypatch, django_assert_num_queries):
    account = make_account("a")
    if how == "behind a plain pooler":
        monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    looking = django_assert_num_queries(1) if how == "while somebody looks" else nullcontext()
    with transaction.atomic(), looking:
        account.name = "b"
        update(account, "name")
        assert not waits()
    assert names() == ["b"]


def test_several_questions_are_answered_each_with_its_own():
    make_account("a")
    make_account("b")
    with transaction.atomic():
        asked = [OF_A_NAME.ask(name=name) for name in ("b", "none", "a")]
        assert waits()
        assert [answer() for answer in reversed(asked)] == [[("a",)], [], [("b",)]]


@pytest.mark.parametrize("what", ["a read", "the commit", "a savepoint", "Django's read"])
def test_an_error_is_told_with_what_follows_and_nothing_is_kept(what):
    account = with_a_chain("a")
    then = {
        "a read": lambda: OF_A_NAME.rows(name="a"),
        "the commit": lambda: None,
        "a savepoint": lambda: transaction.atomic().__enter__(),
        "Django's read": names,
    }
    with pytest.raises(IntegrityError):
        in_transaction(lambda: RENAME.order(name="a"), lambda: insert(twin(account)), then[what])
    assert names() == ["a"]
    assert not waits()


@pytest.mark.parametrize("pause", [0, 0.2])
def test_what_the_database_undid_is_told_as_such_while_more_is_sent(pause):
    """Then the connection is at work, as it is when no answer comes in time."""
    assert names() == []
    before = connection.connection
    undo = "DO $$ BEGIN RAISE EXCEPTION 'undone by the test' USING ERRCODE = '40001'; END $$"
    more = [lambda: RENAME.order(name="a")] * 5
    with pytest.raises(OperationalError) as caught:
        in_transaction(lambda: carry_out(connection, undo, []), lambda: time.sleep(pause), *more)
    assert was_undone(caught.value)
    assert connection.connection is before
    assert names() == []


def test_a_savepoint_that_is_undone_takes_its_errors_with_it():
    account = with_a_chain("a")
    with transaction.atomic():
        RENAME.order(name="a")
        with pytest.raises(LookupError):
            in_transaction(lambda: insert(twin(account)), fail)
        assert OF_A_NAME.rows(name="new") == [("new",)]
    assert names() == ["new"]


def test_what_is_undone_says_nothing_of_its_errors():
    account = with_a_chain("a")
    with pytest.raises(LookupError):
        in_transaction(lambda: RENAME.order(name="a"), lambda: insert(twin(account)), fail)
    assert names() == ["a"]


def test_a_row_that_is_gone_undoes_the_transaction():
    account, other = make_account("a"), make_account("b")
    Account.objects.filter(pk=account.pk).delete()
    with pytest.raises(DatabaseError):
        in_transaction(lambda: RENAME.order(name="b"), lambda: update(account, "name"), lambda: None)
    assert names() == [other.name]


def test_an_error_of_the_commit_itself_is_told_and_the_connection_serves_on():
    astray = EventChain(account_id=10**9, sequence=0, head="")  # what it points to is looked for at the end
    with pytest.raises(IntegrityError):
        in_transaction(lambda: insert(astray), lambda: None)
    assert make_account("a").name in names()


def test_a_connection_that_is_lost_meanwhile_keeps_nothing_and_is_replaced():
    make_account("a")
    with pytest.raises(DatabaseError):
        in_transaction(lambda: RENAME.order(name="a"), lambda: connection.connection.pgconn.finish())
    connection.close()
    assert names() == ["a"]


def test_bells_ring_with_the_commit():
    heard = []
    with doorbell.listen("sending") as bell:
        bell.wait(0)
        listener = threading.Thread(target=lambda: heard.extend(bell.wait(5)))
        listener.start()
        with transaction.atomic():
            doorbell.ring("sending", "a")
            assert waits()
        listener.join()
    assert heard == [("sending", "a")]


def test_a_key_is_one_that_no_row_has():
    with transaction.atomic():
        one, other = ask_key(LogChunk), ask_key(LogChunk)
        assert waits()
        assert one() < other()


class Word(StrEnum):
    ONE = "eins"


def answer_to(text: str, *parameters: Any) -> Any:
    """Return the one value that a statement answers with which was sent."""
    with transaction.atomic():
        sent = connection.send(text, parameters)
        assert waits()
        connection.settle()
        with connection.wrap_database_errors:
            ((value,),) = sent.fetchall()
        return value


def prepared() -> set[str]:
    """Return the names of what the server has prepared for `send`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'headrace%'")
        return {name for (name,) in cursor.fetchall()}


MOMENT = datetime(2026, 3, 29, 1, 59, 59, 123456, UTC)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", None),
        ("text", ""),
        ("text", "Grüße, 100 %s 'von' \"uns\" \\ \u2028"),
        ("text", Word.ONE),
        ("boolean", True),
        ("boolean", False),
        ("bigint", -(2**63)),
        ("smallint", 7),
        ("double precision", 0.1),
        ("uuid", UUID("0d8f5f2e-7a43-4c10-9d0b-0a6a5a1c9b7e")),
        ("timestamptz", MOMENT),
        ("timestamptz", MOMENT.replace(microsecond=0)),
        ("timestamptz", MOMENT.replace(microsecond=120)),
        ("timestamptz", datetime(1, 1, 1, tzinfo=UTC)),
        ("timestamptz", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("interval", timedelta(days=-2, microseconds=1)),
        ("text[]", ["a", 'b "c" , {}', None]),
        ("int[]", [1, 2]),
    ],
    ids=str,
)
def test_a_value_comes_back_as_it_was_sent(kind, value):
    found = answer_to(f"SELECT %s::{kind}", value)
    assert found == value
    if kind == "timestamptz":
        assert found.tzinfo is UTC


def test_a_moment_elsewhere_is_the_same_moment():
    there = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert answer_to("SELECT %s::timestamptz", there) == MOMENT


def test_a_document_is_written_in_its_own_way():
    def backwards(value: Any) -> str:
        return f'"{value[::-1]}"'

    assert answer_to("SELECT %s::jsonb ->> 0", Jsonb(["ä", {}])) == "ä"
    assert answer_to("SELECT %s::jsonb #>> '{}'", Jsonb("abc", dumps=backwards)) == "cba"
    assert answer_to("SELECT %s::jsonb #>> '{}'", Jsonb("abc", dumps=lambda value: b'"bytes"')) == "bytes"


def test_bytes_come_back():
    assert bytes(answer_to("SELECT %s::bytea", b"\x00\xff%s")) == b"\x00\xff%s"


def test_a_percent_sign_is_written_twice():
    assert answer_to("SELECT 'ab' LIKE %s || '%%'", "a") is True


def test_what_postgresql_cannot_hold_is_refused_and_not_sent():
    account = make_account("a")
    account.name = "a\0b"
    with pytest.raises(DataError, match="NUL"), transaction.atomic():
        update(account, "name")
    assert names() == ["a"]


def test_what_python_cannot_hold_is_told_where_it_is_read():
    with pytest.raises(DataError, match="infinity"):
        answer_to("SELECT 'infinity'::timestamptz")
    assert answer_to("SELECT 1") == 1


def test_a_reply_that_never_came_cannot_be_read():
    account = with_a_chain("a")
    asked: list[Any] = []
    with pytest.raises(IntegrityError):
        in_transaction(
            lambda: insert(twin(account)), lambda: asked.append(OF_A_NAME.ask(name="a")), lambda: connection.settle()
        )
    with pytest.raises(InterfaceError):
        asked[0]()


def test_a_text_is_prepared_once_for_a_connection():
    account = make_account("a")
    for name in ("b", "c"):
        with transaction.atomic():
            account.name = name
            update(account, "name")
        assert len(prepared()) == 1
    assert names() == ["c"]


def test_what_was_sent_longest_ago_is_not_kept(monkeypatch):
    monkeypatch.setattr(sending, "MOST_PREPARED", 3)
    assert [answer_to(f"SELECT {number}") for number in (1, 2, 3, 1, 4, 5)] == [1, 2, 3, 1, 4, 5]
    assert prepared() == {"headrace_0", "headrace_3", "headrace_4"}  # the texts 1, 4 and 5
    assert answer_to("SELECT 2") == 2


def test_what_could_not_be_prepared_is_tried_again():
    with pytest.raises(ProgrammingError):
        answer_to("SELECT count(*) FROM not_there_yet")
    with pytest.raises(ProgrammingError):
        # The second is left out, and so is what prepares it.
        in_transaction(
            lambda: connection.send("SELECT 1 FROM not_there_yet", []),
            lambda: connection.send("SELECT 17", []),
            lambda: None,
        )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE not_there_yet (a int)")
    assert answer_to("SELECT 17") == 17
    assert answer_to("SELECT count(*) FROM not_there_yet") == 0


def test_a_table_that_changed_fails_once():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing (a int)")
        cursor.execute("INSERT INTO changing VALUES (1)")
    assert answer_to("SELECT * FROM changing") == 1
    # Unseen by psycopg, which would have the server forget all that is prepared.
    connection.connection.pgconn.exec_(b"ALTER TABLE changing ALTER a TYPE text")
    with pytest.raises(DatabaseError):
        answer_to("SELECT * FROM changing")
    assert answer_to("SELECT * FROM changing") == "1"


@pytest.mark.parametrize("how", ["DEALLOCATE ALL", "a rollback", "a change of tables"])
def test_what_the_server_forgot_is_prepared_anew(how):
    assert answer_to("SELECT 17") == 17
    with connection.cursor() as cursor:
        for _ in range(5):  # psycopg prepares what it has seen before
            cursor.execute("SELECT 18")
        if how == "DEALLOCATE ALL":
            connection.connection.pgconn.exec_(b"DEALLOCATE ALL")  # unseen by us, as a pooler does it
            with pytest.raises(DatabaseError):
                answer_to("SELECT 17")
        elif how == "a rollback":
            with pytest.raises(LookupError):
                in_transaction(lambda: connection.send("SELECT 17", []), fail)
        else:
            cursor.execute("CREATE TEMPORARY TABLE going (a int)")
            cursor.execute("DROP TABLE going")
    assert answer_to("SELECT 17") == 17


def test_more_than_the_network_holds_is_sent_and_read():
    long = "ä" * 1_000_000
    with transaction.atomic():
        asked = [connection.send("SELECT %s::text || %s", [long, str(number)]) for number in range(12)]
        connection.settle()
        assert [each.fetchall() for each in asked] == [[(f"{long}{number}",)] for number in range(12)]


def test_a_server_process_that_is_ended_meanwhile_says_so():
    process = answer_to("SELECT pg_backend_pid()")
    with (
        psycopg.connect(connection.connection.info.dsn, autocommit=True) as other,
        pytest.raises(OperationalError, match="terminating connection"),
    ):
        in_transaction(
            lambda: connection.send("SELECT pg_sleep(20)", []),
            lambda: connection.send("SELECT 1", []),
            lambda: other.execute("SELECT pg_terminate_backend(%s)", [process]),
        )
    assert time.monotonic() - driver.Trouble.noticed_at < 5
    connection.close()
    assert answer_to("SELECT 1") == 1
