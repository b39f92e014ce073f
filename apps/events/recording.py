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
_subscribers: dict[str, list[Subscriber]] = {}
_open = local()


def subscribe(kind: str, subscriber: Subscriber) -> None:
    """Call `subscriber` with each event of this kind, in the transaction that records it."""
    _subscribers.setdefault(kind, []).append(subscriber)


@contextmanager
def transaction() -> Iterator[None]:
    """One database transaction, with its events. Inside another one it joins it."""
    if getattr(_open, "happenings", None) is not None:
        yield
        return
    with database_transaction.atomic():
        _open.happenings = []
        try:
            yield
            _write(_open.happenings)
        finally:
            _open.happenings = None


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


def _write(happenings: list[Happening]) -> None:
    for account_id in sorted({happening.account_id for happening in happenings}):
        _append(account_id, [happening for happening in happenings if happening.account_id == account_id])


def _append(account_id: int, happenings: list[Happening]) -> None:
    chain = CHAIN.first(account=account_id)
    if chain is None:
        EventChain.objects.get_or_create(account_id=account_id)
        chain = CHAIN.first(account=account_id)
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
