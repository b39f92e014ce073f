import pytest
from django.db import IntegrityError, transaction

from apps import events
from apps.events.models import GENESIS, Event, EventChain
from apps.events.recording import subscribe
from apps.events.selectors import events_after, first_broken_link, last_sequence
from apps.tenancy.models import Account
from tests.factories import NOW, make_account, make_execution, settle

pytestmark = pytest.mark.django_db


def record(account: Account, *kinds: str, **facts) -> None:
    with events.transaction():
        for kind in kinds:
            events.record(kind, account=account, at=NOW, **facts)


def kinds(account: Account) -> list[tuple[int, str]]:
    return list(Event.objects.for_account(account).values_list("sequence", "kind"))


class GaveUp(Exception):
    pass


def give_up(account: Account, kind: str, *, inside) -> None:
    """Record something inside a transaction that is then rolled back."""
    with inside:
        record(account, kind)
        raise GaveUp


def test_events_are_numbered_from_one_in_their_order():
    account = make_account()
    record(account, "A", "B")
    record(account, "C")
    assert kinds(account) == [(1, "A"), (2, "B"), (3, "C")]
    assert last_sequence(account) == 3


def test_each_account_counts_for_itself():
    first, second = make_account(), make_account("Umbrella")
    with events.transaction():
        for account in (first, second, first):
            events.record("A", account=account, at=NOW)
    assert (last_sequence(first), last_sequence(second)) == (2, 1)


def test_each_event_holds_the_hash_of_the_one_before():
    account = make_account()
    record(account, "A", "B")
    first, second = Event.objects.for_account(account)
    assert (first.previous_hash, second.previous_hash) == (GENESIS, first.hash)
    assert EventChain.objects.get(account=account).head == second.hash


def test_a_whole_life_of_an_execution_is_gapless_and_chained():
    """Shows INV-28."""
    execution = make_execution()
    settle(execution, "Make")
    sequences = [sequence for sequence, _ in kinds(execution.account)]
    assert sequences == list(range(1, len(sequences) + 1))
    assert first_broken_link(execution.account) is None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Z"},
        {"data": {"forged": True}},
        {"hash": "0" * 64},
        {"previous_hash": "1" * 64},
        {"pipeline": "other"},
        {"at": NOW.replace(year=2031)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_event_breaks_the_chain_where_it_stands(change):
    account = make_account()
    record(account, "A", "B", "C", pipeline="web")
    Event.objects.filter(account=account, sequence=2).update(**change)
    assert first_broken_link(account) == 2


def test_a_missing_event_breaks_the_chain():
    account = make_account()
    record(account, "A", "B", "C")
    Event.objects.filter(sequence=2).delete()
    assert first_broken_link(account) == 3


def test_what_is_rolled_back_leaves_nothing():
    account = make_account()
    record(account, "A")
    with pytest.raises(GaveUp):
        give_up(account, "B", inside=events.transaction())
    record(account, "C")
    assert kinds(account) == [(1, "A"), (2, "C")]


def test_a_rollback_around_it_leaves_nothing():
    account = make_account()
    with pytest.raises(GaveUp):
        give_up(account, "A", inside=transaction.atomic())
    assert kinds(account) == []
    record(account, "B")
    assert (kinds(account), first_broken_link(account)) == ([(1, "B")], None)


def test_one_inside_another_is_written_with_it_in_one_go():
    account = make_account()
    with events.transaction():
        events.record("A", account=account, at=NOW)
        record(account, "B")
        assert kinds(account) == []
    assert kinds(account) == [(1, "A"), (2, "B")]


def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(AttributeError):
        events.record("A", account=make_account(), at=NOW)


def test_a_number_cannot_be_given_twice():
    account = make_account()
    record(account, "A")
    event = Event.objects.get()
    event.pk = None
    with pytest.raises(IntegrityError):
        event.save(force_insert=True)


def test_a_subscriber_hears_the_payload_which_is_not_kept():
    heard = []
    subscribe("OnlyInThisTest", heard.append)
    account = make_account()
    record(account, "OnlyInThisTest", payload={"secret": 1}, colour="red")
    assert [(item.payload, item.data) for item in heard] == [({"secret": 1}, {"colour": "red"})]
    assert Event.objects.get().data == {"colour": "red"}


def test_what_came_after_a_number_is_read_in_order_and_up_to_a_limit():
    account, other = make_account(), make_account("Umbrella")
    record(account, "A", "B", "C")
    record(other, "X")
    assert [event.kind for event in events_after(account.pk, 1)] == ["B", "C"]
    assert [event.kind for event in events_after(account.pk, 0, limit=2)] == ["A", "B"]


def test_the_end_of_the_log_can_be_asked_for_ahead():
    account, new = make_account(), make_account("Umbrella")
    EventChain.objects.filter(account=new).delete()
    record(account, "A")
    with events.transaction() as is_whole:
        assert is_whole
        for each in (account, new):
            events.record("B", account=each, at=NOW)
        events.ask_ends()
        events.record("C", account=account, at=NOW)
    assert kinds(account) == [(1, "A"), (2, "B"), (3, "C")]
    assert kinds(new) == [(1, "B")]
    assert first_broken_link(account) is None


def record_late(first: Account, late: Account) -> None:
    with events.transaction():
        events.record("A", account=first, at=NOW)
        events.ask_ends()
        events.record("A", account=late, at=NOW)


def test_another_account_after_the_ends_were_asked_for_is_a_mistake():
    """It might be locked in another order than others lock them in."""
    account, other = make_account(), make_account("Umbrella")
    with pytest.raises(AssertionError):
        record_late(other, account)
    assert kinds(account) == kinds(other) == []


def test_a_transaction_inside_another_is_not_the_whole_of_it():
    with events.transaction(), events.transaction() as is_whole:
        assert not is_whole
