"""Starting an action: resolve its configuration, fix where its artifacts lie, make its job.

Source: reference sections 5.4 and 5.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.actions.models import ThirdPartyClient
from apps.actions.services import register_client
from apps.actions.types import NOBODY, ActionTypeSpec
from apps.artifacts.services import reserve_key
from apps.core import ids
from apps.core.statements import insert
from apps.executions.engine import ActionState
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.executions.shell.checks import check_start
from apps.executions.shell.resolving import (
    CannotStart,
    Resolved,
    inputs_of,
    lookup_of,
    mask,
    resolve,
    store_of,
)
from apps.jobs.services import JobOrder, create_job
from apps.pipelines.secrets import type_text
from headrace_sdk import ActionTypeId

if TYPE_CHECKING:
    from apps.executions.shell.advance import Advance


def start_action(
    advance: Advance, execution: PipelineExecution, stage: StageExecution, name: str, *, attempt: int
) -> ActionExecution:
    """Begin an attempt and make its job. An attempt that cannot begin is kept as Failed, with the reason."""
    version = advance.rows.versions[execution.version]
    declaration = version.declaration_in_clear()
    declared = _declared(declaration, stage.stage, name)
    masked = _declared(version.declaration, stage.stage, name)
    row = _new_row(advance, execution, stage, declaration, masked, attempt)
    try:
        spec = _spec(advance, declared)
        resolved = resolve(declared, lookup_of(execution, declaration), what="action")
        row.resolved_configuration = mask(resolved.configuration, spec)
        row.input_artifacts = inputs_of(execution, declared, what="action")
        row.output_artifacts = _outputs(advance, declaration, declared)
        check_start(row)
        insert(row)
        advance.record("ActionStarted", execution, **_place(row), performer=spec.performed_by)
        _make_job(advance, execution, row, declaration, declared, spec, resolved)
    except CannotStart as error:
        _fail(advance, execution, row, error)
    return row


def _declared(declaration: Mapping[str, Any], stage: str, action: str) -> Mapping[str, Any]:
    actions = next(item["actions"] for item in declaration["stages"] if item["name"] == stage)
    return next(item for item in actions if item["name"] == action)


def _new_row(
    advance: Advance,
    execution: PipelineExecution,
    stage: StageExecution,
    declaration: Mapping[str, Any],
    masked: Mapping[str, Any],
    attempt: int,
) -> ActionExecution:
    return ActionExecution(
        account=advance.account,
        pipeline=advance.pipeline,
        execution=execution,
        stage_execution=stage,
        stage=stage.stage,
        action=masked["name"],
        action_type=type_text(masked["actionTypeId"]),
        version=execution.version,
        attempt=attempt,
        configuration=masked.get("configuration", {}),
        region=masked.get("region", settings.REGION),
        role_arn=masked.get("roleArn", declaration["roleArn"]),
        namespace=masked.get("namespace", ""),
        started_at=advance.now,
        updated_at=advance.now,
    )


def _fail(advance: Advance, execution: PipelineExecution, row: ActionExecution, error: CannotStart) -> None:
    row.state, row.ended_at = ActionState.FAILED, advance.now
    row.error_code, row.error_message = error.code, error.message
    insert(row)
    advance.record("ActionStarted", execution, **_place(row))
    advance.record("ActionFailed", execution, **_place(row), error_code=error.code, message=error.message)


def _place(row: ActionExecution) -> dict[str, Any]:
    return {"stage": row.stage, "action": row.action, "action_execution_id": row.pk}


def _spec(advance: Advance, declared: Mapping[str, Any]) -> ActionTypeSpec:
    spec = advance.catalogue(ActionTypeId(**declared["actionTypeId"]))
    if spec is None:
        type_name = type_text(declared["actionTypeId"])
        raise CannotStart(f"The action type {type_name} of action '{declared['name']}' is not available any more.")
    if spec.performed_by == NOBODY:
        raise CannotStart(
            f"No plugin here does actions of the type {spec.id}, which action '{declared['name']}' has. Ask an "
            "operator to install one, or declare a custom action type and poll for its jobs."
        )
    return spec


def _outputs(advance: Advance, declaration: Mapping[str, Any], declared: Mapping[str, Any]) -> list[dict[str, Any]]:
    bucket = _bucket(declaration, declared)
    suffix = ".zip" if declared["actionTypeId"]["category"] == "Source" else ""
    return [
        {
            "name": item["name"],
            "bucket": bucket,
            "key": reserve_key(advance.pipeline.name, item["name"], random=ids.new_key_part, suffix=suffix),
        }
        for item in declared.get("outputArtifacts", [])
    ]


def _bucket(declaration: Mapping[str, Any], declared: Mapping[str, Any]) -> str:
    return store_of(declaration, declared)["location"]


def _make_job(
    advance: Advance,
    execution: PipelineExecution,
    row: ActionExecution,
    declaration: Mapping[str, Any],
    declared: Mapping[str, Any],
    spec: ActionTypeSpec,
    resolved: Resolved,
) -> None:
    secrets = {key: value for key, value in resolved.configuration.items() if row.resolved_configuration[key] != value}
    files = {item["name"]: item.get("files", []) for item in declared.get("outputArtifacts", [])}
    order = {
        "context": _context(advance, execution, row),
        "configuration": row.resolved_configuration,
        "commands": resolved.commands,
        "environment": resolved.environment,
        "output_variable_names": declared.get("outputVariables", []),
        "inputs": row.input_artifacts,
        "outputs": [{**item, "files": files[item["name"]]} for item in row.output_artifacts],
        "encryption_key": store_of(declaration, declared).get("encryptionKey"),
        "region": declared.get("region", ""),
        "revision_overrides": execution.overrides.get(row.action, {}),
        "source_event": execution.source_event if row.action in execution.overrides else {},
    }
    job_order = JobOrder(
        account=advance.account,
        pipeline_id=advance.pipeline.pk,
        action_execution_id=row.pk,
        action_type=row.action_type,
        performer=spec.performed_by,
        order=order,
        timeout_seconds=declared["timeoutInMinutes"] * 60 if "timeoutInMinutes" in declared else spec.timeout_seconds,
        secrets=secrets,
        client=_client(advance, spec),
        query_value=next((resolved.configuration[item.name] for item in spec.properties if item.queryable), ""),
    )
    create_job(job_order, now=advance.now)


def _client(advance: Advance, spec: ActionTypeSpec) -> ThirdPartyClient | None:
    """Return the account as the publisher of a third-party type knows it, None for work of ours or of its own."""
    if spec.id.owner != "ThirdParty" or spec.performed_by != "outside":
        return None
    return register_client(advance.account, spec.id, now=advance.now)


def _context(advance: Advance, execution: PipelineExecution, row: ActionExecution) -> dict[str, str]:
    return {
        "pipeline_name": advance.pipeline.name,
        "pipeline_arn": advance.pipeline.arn,
        "stage_name": row.stage,
        "action_name": row.action,
        "pipeline_execution_id": str(execution.pk),
        "action_execution_id": str(row.pk),
    }
