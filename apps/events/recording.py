"""Recording events: everything that happens in one transaction is numbered and written at its end.

The account's chain row is locked last and for two statements only, so writers of different pipelines of an account
do not wait for each other while they work. Subscribers hear an event at once, inside the transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import local
from typing import Any
from uuid import UUID

from django.db import transaction as database_transaction

from apps.core import clock, doorbell
from apps.core.statements import Statement, insert, model_of, update
from apps.events.chain import event_hash
from apps.events.models import Event, EventChain
from apps.tenancy.models import Account


@dataclass(frozen=True)
class Happening:
    """An event that has not got its number yet. `payload` is for subscribers only and is not kept."""

    kind: str
    account_id: int
    at: datetime
    pipeline: str = ""
    execution_id: UUID | None = None
    stage: str = ""
    action: str = ""
    action_execution_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    payload: Any = None


ROWS_A_STATEMENT = 50  # of twelve fields each; a statement takes some hundred parameters, and each length is a text
CHAIN = Statement(
    lambda account: EventChain.objects.filter(account=account).select_for_update(of=("self",)).order_by(),
    account=EventChain.account,
)
Subscriber = Callable[[Happening], None]
End = Callable[[], list[EventChain]]  # answers with the row where an account's log ends, or with none
_subscribers: dict[str, list[Subscriber]] = {}
_open = local()


def subscribe(kind: str, subscriber: Subscriber) -> None:
    """Call `subscriber` with each event of this kind, in the transaction that records it."""
    _subscribers.setdefault(kind, []).append(subscriber)


@contextmanager
def transaction() -> Iterator[bool]:
    """One database transaction, with its events. Inside another one it joins it.

    Yields whether it is the whole of it.
    """
    if getattr(_open, "happenings", None) is not None:
        yield False
        return
    with database_transaction.atomic():
        _open.happenings, _open.ends = [], {}
        try:
            yield True
            _write(_open.happenings, _open.ends)
        finally:
            _open.happenings, _open.ends = None, {}


def ask_ends() -> None:
    """Ask ahead for the ends of the logs that the transaction will go on with, together with what else is asked now.

    Others wait for them from here on, so this stands where little is left to be done, in a transaction that is the
    whole of it. Nothing may be recorded about another account afterwards: they are locked in one order.
    """
    _open.ends = {account: CHAIN.ask(account=account) for account in _accounts(_open.happenings)}


def record(kind: str, *, account: Account, at: datetime | None = None, **facts: Any) -> None:
    """Note that something happened. Must stand inside `events.transaction()`.

    Shapes: `facts` are the subject fields of Happening; every other key goes to its `data`.
    """
    subject = {name: facts.pop(name) for name in (*SUBJECT, "payload") if name in facts}
    happening = Happening(kind=kind, account_id=account.pk, at=at or clock.database_now(), data=facts, **subject)
    _open.happenings.append(happening)
    for subscriber in _subscribers.get(kind, ()):
        subscriber(happening)


SUBJECT = ("pipeline", "execution_id", "stage", "action", "action_execution_id")
KEPT = ("kind", "account_id", "at", *SUBJECT, "data")
NAMES = (*KEPT, "sequence", "previous_hash", "hash", "id")


def _accounts(happenings: list[Happening]) -> list[int]:
    return sorted({happening.account_id for happening in happenings})


def _write(happenings: list[Happening], asked: dict[int, End]) -> None:
    accounts = _accounts(happenings)
    assert not asked or accounts == list(asked), "An event was recorded after the ends of the logs were asked for."
    for account_id in accounts:
        end = asked.get(account_id) or CHAIN.ask(account=account_id)
        _append(account_id, end, [happening for happening in happenings if happening.account_id == account_id])


def _append(account_id: int, end: End, happenings: list[Happening]) -> None:
    found = end()
    if not found:
        EventChain.objects.get_or_create(account_id=account_id)
        found = CHAIN.rows(account=account_id)
    (chain,) = found
    rows = []
    for happening in happenings:
        chain.sequence += 1
        facts = {name: getattr(happening, name) for name in KEPT} | {"sequence": chain.sequence}
        digest = event_hash(chain.head, facts)
        rows.append(model_of(Event, NAMES, (*facts.values(), chain.head, digest, None)))
        chain.head = digest
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        insert(*rows[start : start + ROWS_A_STATEMENT], keys=False)
    update(chain, "sequence", "head")
    doorbell.ring("events", str(account_id))
