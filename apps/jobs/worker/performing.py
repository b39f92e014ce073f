"""One job from its order to its result."""

import errno
import json
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from django.conf import settings

from apps import events
from apps.actions.host import Cancelled, ChildPool, Crashed, Finished, StepOrder, StepOutcome, TimedOut
from apps.actions.host.codec import running_to_json
from apps.artifacts.errors import ArtifactDamaged, ObjectNotFound, StoreFull
from apps.artifacts.services import ingest_file
from apps.core import clock
from apps.core.connections import lasting_connection, until_back
from apps.core.errors import HeadraceError
from apps.core.together import kept_together
from apps.jobs.errors import InvalidJobState, InvalidNonce, JobNotFound
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.selectors import log_size
from apps.jobs.services import append_log, finish_and_claim, finish_job, give_back, job_crashed
from apps.jobs.worker.asking import Asker, answers_for
from apps.jobs.worker.log import LogWriter
from apps.jobs.worker.orders import WORK, output_path, step_order
from headrace_sdk import Failed, Running, Succeeded

logger = logging.getLogger(__name__)
Patiently: TypeAlias = Callable[[Callable[[], Any]], Any]  # does what it is given as soon as the database is there
DISK_FULL = "The disk where Headrace works is full. Make room, then retry the stage."


def perform(job: Job, pool: ChildPool, cancelled: Callable[[], bool], *, holder: Callable[[], str]) -> Job | None:
    """Run one step of a claimed job in a child and report how it ended.

    `holder` is asked then for whom another job may be claimed, "" for nobody. Returns that job, if one waited.
    """
    folder = settings.WORKSPACES_DIR / str(job.pk)
    patiently: Patiently = partial(until_back, is_given_up=cancelled)
    start = patiently(lambda: log_size(job.account, job.action_execution_id)) if job.continuation_token else 0
    log = LogWriter(lambda offset, content: _append(job, offset, content), start=start)
    try:
        outcome = _outcome(job, folder, pool, log, cancelled, patiently)
        patiently(log.flush)
        return _report(job, outcome, holder, patiently) if outcome is not None else None
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a job's folder. Most steps leave theirs empty: to look through it takes longer than what they did."""
    try:
        for each in (folder / WORK, folder):
            with suppress(FileNotFoundError):
                each.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _outcome(
    job: Job, folder: Path, pool: ChildPool, log: LogWriter, cancelled: Callable[[], bool], patiently: Patiently
) -> Outcome | None:
    """Return the result; None when there is none to report, because nobody waits or the child died."""
    try:
        order, seconds = patiently(lambda: _begun(job, folder))
        answer = answers_for(Asker(job.account, folder / "asked", order.token, job.order["context"]))
        ended = pool.run(
            order,
            on_log=log.add,
            on_question=lambda what, arguments: patiently(lambda: answer(what, arguments)),
            deadline_seconds=seconds,
            cancelled=cancelled,
        )
        if isinstance(ended, Crashed) and cancelled():
            return None  # it was ended together with its worker, or its job is somebody else's
        return _translate(job, folder, ended, patiently)
    except (ObjectNotFound, ArtifactDamaged) as error:
        return _failed(f"An input artifact cannot be read. {error.message}", "RevisionUnavailable")
    except StoreFull:
        return _failed(DISK_FULL, "SystemUnavailable")
    except HeadraceError as error:
        return _failed(error.message, "JobFailed")
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        return _failed(DISK_FULL, "SystemUnavailable")


def _begun(job: Job, folder: Path) -> tuple[StepOrder, float]:
    """Return the order, with what it needs in an empty `folder`, and how many seconds its step may take."""
    if folder.exists():  # somebody who held the job before was killed
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return step_order(job, folder), _seconds_left(job)


def _seconds_left(job: Job) -> float:
    """Deadlines are moments of the database's clock; this host's may differ, or jump."""
    return max(1.0, (job.deadline_at - clock.database_now()).total_seconds())


def _translate(job: Job, folder: Path, ended: StepOutcome, patiently: Patiently) -> Outcome | None:
    match ended:
        case Finished(result=Succeeded() as result):
            return patiently(lambda: _keep(job, folder, ended.written)) or _succeeded(result)
        case Finished(result=Failed() as result):
            return _failed(result.message, result.code, result.external_id, result.external_url)
        case Finished(result=Running() as result):
            return _continued(result)
        case TimedOut():
            return _failed("The action did not end within its time limit and was stopped.", "JobFailed")
        case Crashed(message=message):
            patiently(lambda: job_crashed(job, message, now=clock.database_now()))
            return None
        case Cancelled():
            return None
    return _failed("The provider answered with something that is no result.", "SystemUnavailable")


def _keep(job: Job, folder: Path, written: tuple[str, ...]) -> Outcome | None:
    """Store what the step made. Returns the failure when a declared artifact is missing."""
    for item in job.order["outputs"]:
        if item["name"] not in written:
            return _failed(f"The action ended without making its output artifact '{item['name']}'.")
        ingest_file(job.account, item["bucket"], item["key"], output_path(folder, item["name"]))
    return None


def _succeeded(result: Succeeded) -> Outcome:
    revision = result.revision
    return Outcome(
        succeeded=True,
        summary=result.summary,
        external_id=result.external_id,
        external_url=result.external_url,
        revision=None
        if revision is None
        else {
            "id": revision.id,
            "change_id": revision.change_id,
            "summary": revision.summary,
            "url": revision.url,
            "created": revision.created.isoformat() if isinstance(revision.created, datetime) else None,
        },
        output_variables=dict(result.output_variables),
    )


def _failed(message: str, code: str = "JobFailed", external_id: str = "", external_url: str = "") -> Outcome:
    return Outcome(
        succeeded=False,
        error_code=code,
        error_message=message,
        external_id=external_id,
        external_url=external_url,
    )


def _continued(result: Running) -> Outcome:
    return Outcome(
        succeeded=True,
        summary=result.summary,
        external_id=result.external_id,
        external_url=result.external_url,
        percent_complete=result.percent_complete,
        continuation_token=json.dumps(running_to_json(result)),
        pause_seconds=result.poll_after_seconds,
    )


def _append(job: Job, start: int, content: bytes) -> None:
    with lasting_connection():
        append_log(job.account, job.action_execution_id, start=start, content=content, now=clock.database_now())


def _report(job: Job, outcome: Outcome, holder: Callable[[], str], patiently: Patiently) -> Job | None:
    """Report a result. Repeating it after a lost connection is harmless: an exact replay changes nothing.

    What was claimed with one try is given back before the next: its commit may have come to pass.
    """
    claimed: list[Job] = []

    def report() -> None:
        while claimed:
            give_back(claimed[-1])
            claimed.pop()
        if name := holder():
            finish_and_claim(job, outcome, name, claimed, now=clock.database_now())
        else:
            finish_job(None, job.pk, outcome, now=clock.database_now(), nonce=job.nonce)

    try:
        patiently(lambda: kept_together(report, about=job.pipeline_id, within=events.transaction))
    except (InvalidNonce, InvalidJobState, JobNotFound) as refusal:
        logger.warning("The result of job %s came too late: %s", job.pk, refusal.message)
    return claimed[0] if claimed else None
