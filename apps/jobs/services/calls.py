"""Noting that job workers ask: so that a page can say when nobody does. It is kept to the minute, not to the call."""

from datetime import datetime, timedelta
from threading import Lock

from apps.jobs.models import WorkerCall
from apps.tenancy.models import Account

KEPT_FOR = timedelta(minutes=1)
MOST_NOTED = 10_000
_noted: dict[tuple[int, str], datetime] = {}
_lock = Lock()


def note_call(account: Account, action_type: str, *, by: str, now: datetime) -> None:
    """Note that a job worker has asked for jobs of a type, unless this process noted it within the last minute."""
    key = (account.pk, action_type)
    with _lock:
        last = _noted.get(key)
        if last is not None and timedelta(0) <= now - last < KEPT_FOR:
            return
    row = WorkerCall(account=account, action_type=action_type, called_at=now, called_by=by)
    WorkerCall.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["account", "action_type"],
        update_fields=["called_at", "called_by"],
    )
    with _lock:  # only now: a call whose row could not be written is noted by the next one
        if len(_noted) >= MOST_NOTED:
            _noted.clear()
        _noted[key] = now


def forget_calls() -> None:
    """Drop what this process remembers. For tests, whose database is emptied under it."""
    with _lock:
        _noted.clear()
