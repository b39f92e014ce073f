"""Revisions that somebody announces to a source action. Source: reference section 6.5, PutActionRevision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps import events
from apps.executions.selectors import latest_execution, latest_revision
from apps.executions.services.start import start_in_transaction
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import declared_action, locked_pipeline
from apps.tenancy.models import Account
from apps.triggers.errors import RevisionInvalid
from apps.triggers.models import ActionRevision, SourceWatch


@dataclass(frozen=True)
class Put:
    """What putting a revision led to. `execution_id`: the execution that it started, or else the pipeline's latest."""

    is_new: bool
    execution_id: UUID | None


def put_action_revision(
    account: Account,
    pipeline_name: str,
    stage: str,
    action: str,
    revision: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
) -> Put:
    """Start an execution for a revision that the source action is not at already.

    Shapes: `revision` is ActionRevision of the service model.
    Raises: PipelineNotFound, StageNotFound, ActionNotFound, RevisionInvalid, TooManyExecutions.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        declared = declared_action(pipeline, stage, action)
        if declared["actionTypeId"]["category"] != "Source":
            raise RevisionInvalid(
                f"The action '{action}' of stage '{stage}' is no source action, so it has no revisions. "
                "Name an action of the category Source."
            )
        if _current(pipeline, action) == revision["revisionId"]:
            latest = latest_execution(pipeline)
            return Put(is_new=False, execution_id=latest.pk if latest else None)
        _keep(pipeline, action, revision, now)
        execution = start_in_transaction(
            pipeline,
            trigger_type="PutActionRevision",
            trigger_detail=by,
            started_by=[by],
            now=now,
            announced=[_announcement(declared, revision)],
        )
        return Put(is_new=True, execution_id=execution.pk)


def _current(pipeline: Pipeline, action: str) -> str:
    """Return what the action is at: as a look saw it, or as it was put or taken last, whichever is newer."""
    watch = SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline, action=action).first()
    if watch is not None:
        return watch.revision_id
    put = ActionRevision.objects.for_account(pipeline.account).filter(pipeline=pipeline, action=action).first()
    taken = latest_revision(pipeline, action)
    if put is not None and (taken is None or taken.started_at < put.put_at):
        return put.revision_id
    return taken.revision["id"] if taken and taken.revision else ""


def _keep(pipeline: Pipeline, action: str, revision: Mapping[str, Any], now: datetime) -> None:
    """Remember the revision, also for the poll of a source that is polled: it must not start another execution."""
    SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline, action=action).update(
        revision_id=revision["revisionId"]
    )
    ActionRevision.objects.update_or_create(
        account=pipeline.account,
        pipeline=pipeline,
        action=action,
        defaults={
            "revision_id": revision["revisionId"],
            "change_id": revision["revisionChangeId"],
            "created_at": revision["created"],
            "put_at": now,
        },
    )


def _announcement(declared: Mapping[str, Any], revision: Mapping[str, Any]) -> dict[str, str]:
    outputs = declared.get("outputArtifacts", [])
    return {
        "id": revision["revisionId"],
        "change_id": revision["revisionChangeId"],
        "created": revision["created"].isoformat(),
        "action": declared["name"],
        "artifact": outputs[0]["name"] if outputs else "",
    }
