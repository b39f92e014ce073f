"""History: reads of the event log."""

from uuid import UUID

from apps.events.chain import event_hash
from apps.events.models import GENESIS, Event, EventChain
from apps.events.recording import KEPT
from apps.tenancy.models import Account


def last_sequence(account: Account) -> int:
    """Return the number of the account's newest event, 0 when there is none."""
    found = EventChain.objects.for_account(account).values_list("sequence", flat=True).first()
    return found or 0


def events_after(account_id: int, sequence: int, *, limit: int = 500) -> list[Event]:
    return list(Event.objects.filter(account_id=account_id, sequence__gt=sequence).order_by("sequence")[:limit])


def events_of_execution(account: Account, execution_id: UUID) -> list[Event]:
    return list(Event.objects.for_account(account).filter(execution_id=execution_id).order_by("sequence"))


HASHED = (*KEPT, "sequence")


def first_broken_link(account: Account) -> int | None:
    """Return the number of the first event that does not follow from the one before it, None when all do.

    Where events are missing at the end, it is the number of the first of them.
    """
    end = EventChain.objects.for_account(account).first() or EventChain(account=account)  # more may come meanwhile
    head, expected = GENESIS, 1
    for event in Event.objects.for_account(account).order_by("sequence").iterator():
        facts = {name: getattr(event, name) for name in HASHED}
        if event.sequence != expected or event.previous_hash != head or event.hash != event_hash(head, facts):
            return event.sequence
        if event.sequence == end.sequence and event.hash != end.head:
            return event.sequence
        head, expected = event.hash, expected + 1
    return expected if expected <= end.sequence else None
