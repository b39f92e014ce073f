"""Starting an execution. Source: reference sections 5.5, 5.7, 5.14 to 5.16."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from apps import events
from apps.core.ids import new_id
from apps.core.statements import update
from apps.core.together import kept_together
from apps.executions.engine import ExecutionStarted, ExecutionState, Mode
from apps.executions.errors import StartInvalid, TooManyExecutions
from apps.executions.models import PipelineExecution
from apps.executions.shell import Advance, Asked, ask_for_start
from apps.executions.statements import NUMBERS_IN_FLIGHT, STARTED_WITH
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import current_version, locked_pipeline
from apps.tenancy.models import Account

OVERRIDE_TYPES = {
    "CodeStarSourceConnection": {"COMMIT_ID"},
    "Git": {"COMMIT_ID"},
    "S3": {"S3_OBJECT_KEY", "S3_OBJECT_VERSION_ID"},
}


def start_execution(
    account: Account,
    pipeline_name: str,
    *,
    trigger_type: str,
    trigger_detail: str,
    now: datetime,
    variables: Sequence[Mapping[str, str]] = (),
    source_revisions: Sequence[Mapping[str, str]] = (),
    client_request_token: str = "",
    started_by: Sequence[str] = (),
    invoked_through: Sequence[str] = (),
) -> PipelineExecution:
    """Start an execution of the current version. When this returns, the first stage's jobs are there.

    The same `client_request_token` returns the execution that it started first, whatever else is given.
    Shapes: `variables` and `source_revisions` are PipelineVariableList and SourceRevisionOverrideList; `started_by` and
    `invoked_through` are as PipelineExecution has them.
    Raises: PipelineNotFound, StartInvalid, TooManyExecutions.
    """

    def start() -> PipelineExecution:
        with events.transaction():
            return start_in_transaction(
                locked_pipeline(account, pipeline_name),
                trigger_type=trigger_type,
                trigger_detail=trigger_detail,
                now=now,
                variables=variables,
                source_revisions=source_revisions,
                client_request_token=client_request_token,
                started_by=started_by,
                invoked_through=invoked_through,
            )

    return kept_together(start, about=(account.pk, pipeline_name), within=events.transaction)


def start_in_transaction(
    pipeline: Pipeline,
    *,
    trigger_type: str,
    trigger_detail: str,
    now: datetime,
    variables: Sequence[Mapping[str, str]] = (),
    source_revisions: Sequence[Mapping[str, str]] = (),
    source_event: Mapping[str, str] = {},
    client_request_token: str = "",
    announced: Sequence[Mapping[str, str]] = (),
    started_by: Sequence[str] = (),
    invoked_through: Sequence[str] = (),
) -> PipelineExecution:
    """Start an execution of a pipeline whose lock is held. Raises as `start_execution` does.

    Shapes: `announced` are the source revisions that led to the start, as `PipelineExecution.revisions` has them. They
    hold for a source action that does not say itself what it took.
    """
    declaration = current_version(pipeline).declaration
    given = _given_variables(variables)
    overrides = _overrides(declaration, source_revisions)
    asked = ask_for_start(pipeline)
    refuse = ask_for_room(pipeline) if pipeline.execution_mode != Mode.SUPERSEDED else None
    if client_request_token and (earlier := _started_with(pipeline, client_request_token)):
        return earlier
    if refuse is not None:
        refuse()
    bound, missing = _bind(declaration, given)
    pipeline.last_execution_number += 1
    update(pipeline, "last_execution_number")
    row = PipelineExecution(
        id=new_id(),
        account=pipeline.account,
        pipeline=pipeline,
        number=pipeline.last_execution_number,
        version=pipeline.version,
        mode=pipeline.execution_mode,
        trigger_type=trigger_type,
        trigger_detail=trigger_detail[:1024],
        source_event=dict(source_event),
        started_by=list(started_by),
        invoked_through=list(invoked_through),
        client_request_token=client_request_token,
        variables=None if missing else bound,
        overrides=overrides,
        revisions=list(announced),
        started_at=now,
        updated_at=now,
    )
    if missing:
        return _never_begun(row, missing)
    return _begin(pipeline, row, now, asked)


def _begin(pipeline: Pipeline, row: PipelineExecution, now: datetime, asked: Asked) -> PipelineExecution:
    advance = Advance(pipeline, now=now, about=row.pk, asked=asked)
    advance.begin(row)
    advance.record("ExecutionStarted", row, trigger_type=row.trigger_type, trigger_detail=row.trigger_detail)
    advance.take(ExecutionStarted(row.pk, row.number, Mode(row.mode)))
    advance.save()
    return row


def _never_begun(row: PipelineExecution, missing: list[str]) -> PipelineExecution:
    """Keep a start that lacks required variables as Failed: the live service answers 200 and records that."""
    row.state, row.ended_at = ExecutionState.FAILED, row.started_at
    row.status_summary = f"Values for required variables haven't been provided: {', '.join(missing)}"
    row.save(force_insert=True)
    for kind in ("ExecutionStarted", "ExecutionFailed"):
        events.record(
            kind,
            account=row.account,
            at=row.started_at,
            pipeline=row.pipeline.name,
            execution_id=row.pk,
            number=row.number,
            trigger_type=row.trigger_type,
        )
    return row


def _started_with(pipeline: Pipeline, token: str) -> PipelineExecution | None:
    earlier: PipelineExecution | None = STARTED_WITH.first(pipeline=pipeline.pk, token=token)
    return earlier


def refuse_over_limit(pipeline: Pipeline) -> None:
    """Raises TooManyExecutions."""
    ask_for_room(pipeline)()


def ask_for_room(pipeline: Pipeline) -> Callable[[], None]:
    """Ask how many executions are active. Returns what raises TooManyExecutions where it is the most that may be."""
    most = settings.MOST_ACTIVE_EXECUTIONS
    in_flight = NUMBERS_IN_FLIGHT.ask(pipeline=pipeline.pk, most=most)

    def refuse() -> None:
        if len(in_flight()) >= most:
            raise TooManyExecutions(
                f"Pipeline '{pipeline.name}' has {most} active executions, the most its mode allows. "
                "Wait until one ends, or stop one."
            )

    return refuse


def _given_variables(variables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    names = [item["name"] for item in variables]
    for name in names:
        if names.count(name) > 1:
            raise StartInvalid(f"The variable '{name}' is given more than once.")
    return {item["name"]: item["value"] for item in variables}


def _bind(declaration: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the value of each declared variable, and the names of those that have none."""
    declared = declaration.get("variables", [])
    defaults = {item["name"]: item["defaultValue"] for item in declared if "defaultValue" in item}
    names = [item["name"] for item in declared]
    values = {name: given.get(name, defaults.get(name, "")) for name in names}
    return values, [name for name in names if name not in given and name not in defaults]


def _overrides(declaration: Mapping[str, Any], revisions: Sequence[Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the value of each revision type by action. An S3 source may have both of its own."""
    found: dict[str, dict[str, str]] = {}
    sources = {action["name"]: action for action in declaration["stages"][0]["actions"]}
    for item in revisions:
        source = sources.get(item["actionName"])
        if source is None:
            raise StartInvalid(
                f"The source revision names the action '{item['actionName']}', which is no source action of this "
                f"pipeline. Its source actions: {', '.join(sources)}."
            )
        allowed = OVERRIDE_TYPES.get(source["actionTypeId"]["provider"], set())
        if item["revisionType"] not in allowed:
            takes = f"takes {', '.join(sorted(allowed))}" if allowed else "takes no override"
            raise StartInvalid(f"The source action '{item['actionName']}' {takes}, not {item['revisionType']}.")
        if item["revisionType"] == "S3_OBJECT_KEY" and not _allows_other_key(source):
            raise StartInvalid(
                f"The source action '{item['actionName']}' takes no other key. "
                "Set AllowOverrideForS3ObjectKey to true in its configuration."
            )
        found.setdefault(item["actionName"], {})[item["revisionType"]] = item["revisionValue"]
    return found


def _allows_other_key(source: Mapping[str, Any]) -> bool:
    return bool(source.get("configuration", {}).get("AllowOverrideForS3ObjectKey", "").lower() == "true")
