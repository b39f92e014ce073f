"""News from below: a job ended, a definition changed, a transition opened. Each is heard inside its transaction."""

from uuid import UUID

from apps.actions.catalogue import is_watched
from apps.actions.types import action_type_of
from apps.events import Happening
from apps.executions.engine import DefinitionUpdated, Look, PipelineDeleted
from apps.executions.services.results import action_continued, action_ended
from apps.executions.services.rules import rule_continued, rule_ended
from apps.executions.services.start import start_in_transaction
from apps.executions.shell import Advance
from apps.executions.statements import PIPELINE_OF_JOB, PIPELINE_OF_OWN_JOB
from apps.pipelines.models import PipelineVersion
from apps.tenancy.models import Account


def lock_pipeline(account: Account | None, job_id: UUID) -> None:
    """Ask for the lock of a job's pipeline, if it is a job of the account's. None stands for all accounts."""
    if account is None:
        PIPELINE_OF_JOB.ask(job=job_id)
    else:
        PIPELINE_OF_OWN_JOB.ask(account=account.pk, job=job_id)


def job_ended(happening: Happening) -> None:
    if "rule" in happening.data:
        rule_ended(_subject(happening), happening.payload, now=happening.at)
        return
    action_ended(_subject(happening), happening.payload, now=happening.at, execution_id=happening.execution_id)


def job_continued(happening: Happening) -> None:
    if "rule" in happening.data:
        rule_continued(_subject(happening), happening.payload, now=happening.at)
        return
    action_continued(_subject(happening), happening.payload, now=happening.at)


def _subject(happening: Happening) -> UUID:
    assert happening.action_execution_id is not None  # every word of a job names its action or rule
    return happening.action_execution_id


def pipeline_created(happening: Happening) -> None:
    """Start the first execution, unless a source is watched: then the first look at it does."""
    version: PipelineVersion = happening.payload
    if not any_source_is_polled(version.declaration):
        by = happening.data["by"]
        start_in_transaction(
            version.pipeline, trigger_type="CreatePipeline", trigger_detail=by, started_by=[by], now=happening.at
        )


def any_source_is_polled(declaration: dict) -> bool:
    for action in declaration["stages"][0]["actions"]:
        polls = action.get("configuration", {}).get("PollForSourceChanges", "true").lower() == "true"
        if polls and is_watched(action_type_of(action)):
            return True
    return False


def pipeline_updated(happening: Happening) -> None:
    advance = Advance(happening.payload.pipeline, now=happening.at)
    advance.take(DefinitionUpdated())
    advance.save()


def pipeline_deleted(happening: Happening) -> None:
    advance = Advance(happening.payload, now=happening.at)
    advance.take(PipelineDeleted())
    advance.save()


def transition_enabled(happening: Happening) -> None:
    advance = Advance(happening.payload, now=happening.at)
    advance.take(Look())
    advance.save()
