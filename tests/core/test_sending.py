"""On PostgreSQL a transaction sends one statement after another: all of them count, and their errors are told."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from apps.core import doorbell
from apps.core.locks import was_undone
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
