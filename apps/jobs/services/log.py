"""The live log of an action: chunks as they come, and a ring for whoever watches."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core import doorbell
from apps.jobs.models import Job, LogChunk
from apps.tenancy.models import Account


def append_log(account: Account, action_execution_id: UUID, *, start: int, content: bytes, now: datetime) -> None:
    """Keep a stretch of the log, in place of what is there from its start on.

    A worker that crashed had written that before, or we did, and did not hear that it was kept.
    """
    with transaction.atomic():
        earlier = LogChunk.objects.for_account(account).filter(action_execution_id=action_execution_id)
        earlier.filter(start__gte=start).delete()
        LogChunk.objects.create(
            account=account, action_execution_id=action_execution_id, start=start, content=content, written_at=now
        )
        doorbell.ring("log", f"{account.pk} {action_execution_id} {start + len(content)}")


def forget_work(account: Account, action_execution_ids: list[UUID]) -> None:
    """Remove what these attempts printed, and their jobs."""
    LogChunk.objects.for_account(account).filter(action_execution_id__in=action_execution_ids).delete()
    Job.objects.for_account(account).filter(action_execution_id__in=action_execution_ids).delete()
