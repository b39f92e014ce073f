"""The chain proves that nothing was left out, at its end neither."""

import pytest

from apps import events
from apps.events.models import Event, EventChain
from apps.events.selectors import first_broken_link
from apps.tenancy.models import Account
from tests.factories import NOW, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    account = make_account()
    with events.transaction():
        for kind in ("A", "B", "C"):
            events.record(kind, account=account, at=NOW)
    return account


@pytest.mark.parametrize("kept", [2, 1, 0])
def test_events_missing_at_the_end_break_the_chain(account, kept):
    """Shows INV-28."""
    Event.objects.filter(sequence__gt=kept).delete()
    assert first_broken_link(account) == kept + 1


def test_an_event_forged_after_the_end_breaks_the_chain(account):
    last = Event.objects.get(sequence=3)
    last.pk, last.sequence, last.previous_hash = None, 4, last.hash
    last.save(force_insert=True)
    assert first_broken_link(account) == 4


def test_an_end_that_says_something_else_breaks_the_chain(account):
    EventChain.objects.update(head="0" * 64)
    assert first_broken_link(account) == 3


def test_an_account_without_events_is_whole():
    assert first_broken_link(make_account()) is None
