"""Forgetting executions that ended long ago, with what they printed and made. Source: reference section 9.3.

The log of events is kept whole: it is a chain, and proves what happened only while no link is missing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from apps.artifacts.services import remove_objects
from apps.executions.models import (
    STANDARD,
    ActionExecution,
    Chore,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.jobs.services import forget_work
from apps.tenancy.models import Account

BATCH = 50  # executions in one transaction: some hundred rows, a fraction of a second
BATCHES_A_RUN = 100  # of one account
NAME = "forget old executions"
PAUSE = timedelta(minutes=55)


def forget_old_executions(*, now: datetime, size: int = BATCH, most: int = BATCHES_A_RUN) -> int:
    """Forget what is past its time, in small transactions. Returns how many executions that were.

    One process an hour does it, however many try. What a run leaves waits for the next one.
    Units: `size` is the executions of a batch, `most` the batches of an account in a run.
    """
    if not settings.RETENTION_DAYS or not _claim(now):
        return 0
    before = now - timedelta(days=settings.RETENTION_DAYS)
    return sum(_forget_of(account, before, size, most) for account in Account.objects.order_by("pk"))


def _claim(now: datetime) -> bool:
    """Take this hour's run, unless another process has it."""
    Chore.objects.bulk_create([Chore(name=NAME, due_at=now)], ignore_conflicts=True)
    return bool(Chore.objects.filter(name=NAME, due_at__lte=now).update(due_at=now + PAUSE))


def _forget_of(account: Account, before: datetime, size: int, most: int) -> int:
    if not _ended(account, before).exists():
        return 0
    targets, forgotten = rollback_targets(account), 0
    for _ in range(most):
        number = forget_batch(account, before, targets, size=size)
        forgotten += number
        if number < size:
            break
    return forgotten


def forget_batch(account: Account, before: datetime, targets: frozenset[UUID], *, size: int = BATCH) -> int:
    """Forget at most `size` executions that started before a moment, oldest first. Bytes go once the rows are gone."""
    with transaction.atomic():
        ids = list(_locked(past_their_time(account, before, targets)).values_list("pk", flat=True)[:size])
        actions = ActionExecution.objects.for_account(account).filter(execution_id__in=ids).order_by()
        rules = RuleExecution.objects.for_account(account).filter(execution_id__in=ids).order_by()
        made = [item for items in actions.values_list("output_artifacts", flat=True) for item in items]
        remove_objects(account, {(item["bucket"], item["key"]) for item in made if "key" in item})
        forget_work(account, [*actions.values_list("pk", flat=True), *rules.values_list("pk", flat=True)])
        PipelineExecution.objects.for_account(account).filter(pk__in=ids).delete()
    return len(ids)


def _locked(rows: QuerySet[PipelineExecution]) -> QuerySet[PipelineExecution]:
    """Lock rows, passing over those that somebody else holds. SQLite has one writer at a time and needs no lock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def past_their_time(
    account: Account, before: datetime, targets: frozenset[UUID]
) -> QuerySet[PipelineExecution, PipelineExecution]:
    """Return the executions that ended, started before a moment, and are needed for nothing any more, oldest first.

    Of a pipeline that is not deleted, those are kept that are the latest in a stage, and `targets`, to which a rollback
    may go. Kept too are those whose artifacts a rollback used, while it is there itself.
    """
    is_latest = Exists(StageExecution.objects.filter(execution=OuterRef("pk"), is_latest=True))
    was_rolled_back_to = Exists(PipelineExecution.objects.filter(rollback_target=OuterRef("pk")))
    is_deleted = Q(pipeline__deleted_at__isnull=False)
    rows = _ended(account, before).filter(~was_rolled_back_to)
    return rows.filter(is_deleted | (~is_latest & ~Q(pk__in=targets))).order_by("started_at", "number")


def _ended(account: Account, before: datetime) -> QuerySet[PipelineExecution, PipelineExecution]:
    return PipelineExecution.objects.for_account(account).filter(started_at__lt=before, ended_at__isnull=False)


def rollback_targets(account: Account) -> frozenset[UUID]:
    """Return the execution that succeeded last in each stage of each pipeline, rollbacks aside."""
    rows = StageExecution.objects.for_account(account).filter(state="Succeeded", execution__type=STANDARD)
    last = rows.order_by().values("pipeline", "stage").annotate(last=Max("pk")).values_list("last", flat=True)
    found = StageExecution.objects.filter(pk__in=list(last)).order_by()
    return frozenset(found.values_list("execution_id", flat=True))
