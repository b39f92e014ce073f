"""Reads of pipelines and their definitions."""

from typing import Any

from apps.core.pages import Page, page, read_token
from apps.core.statements import model_of, relate
from apps.pipelines.errors import ActionNotFound, PipelineNotFound, PipelineVersionNotFound, StageNotFound
from apps.pipelines.models import ApprovalRule, Pipeline, PipelineVersion, StageTransition
from apps.pipelines.statements import (
    LISTED,
    NAMED,
    NAMED_AND_LOCKED,
    PIPELINE_FIELDS,
    TRANSITION_FIELDS,
    WITH_TRANSITIONS,
)
from apps.pipelines.versions import kept_version
from apps.tenancy.models import Account

Transitions = dict[tuple[str, str], StageTransition]  # by stage and side


def find_pipeline(account: Account, name: str) -> Pipeline:
    """Raises PipelineNotFound."""
    return _of(account, name, NAMED.first(account=account.pk, name=name))


def locked_pipeline(account: Account, name: str) -> Pipeline:
    """Return a pipeline with its row locked: what the engine decides under. Raises PipelineNotFound."""
    return _of(account, name, NAMED_AND_LOCKED.first(account=account.pk, name=name))


def locked_pipeline_with_stage(account: Account, name: str, stage: str) -> Pipeline:
    """Return a pipeline with its row locked, if its current version has the stage.

    Raises: PipelineNotFound, StageNotFound.
    """
    pipeline = locked_pipeline(account, name)
    if stage not in {item["name"] for item in current_version(pipeline).declaration["stages"]}:
        raise StageNotFound(f"Pipeline '{name}' does not have a stage with name '{stage}'")
    return pipeline


def pipeline_with_transitions(account: Account, name: str) -> tuple[Pipeline, Transitions]:
    """Return a pipeline and its gates that were ever touched, by one query. Raises PipelineNotFound."""
    rows = WITH_TRANSITIONS.rows(account=account.pk, name=name)
    pipeline = _of(account, name, model_of(Pipeline, PIPELINE_FIELDS, rows[0]) if rows else None)
    width = len(PIPELINE_FIELDS)
    gates = [model_of(StageTransition, TRANSITION_FIELDS, row[width:]) for row in rows if row[width] is not None]
    return pipeline, {(gate.stage, gate.side): gate for gate in gates}


def _of(account: Account, name: str, pipeline: Pipeline | None) -> Pipeline:
    if pipeline is None:
        raise PipelineNotFound(f"Account '{account.number}' does not have a pipeline with name '{name}'")
    relate(pipeline, "account", account)
    return pipeline


def current_version(pipeline: Pipeline) -> PipelineVersion:
    """Return the definition that new executions run by. It may be shared: do not change it."""
    version = kept_version(pipeline, pipeline.version)
    if version is None:
        raise PipelineVersion.DoesNotExist(f"Pipeline '{pipeline.name}' has lost its version {pipeline.version}.")
    return version


def declared_action(pipeline: Pipeline, stage: str, action: str) -> dict[str, Any]:
    """Return what the current version declares of an action. Raises: StageNotFound, ActionNotFound."""
    declaration = current_version(pipeline).declaration
    stages = {item["name"]: {entry["name"]: entry for entry in item["actions"]} for item in declaration["stages"]}
    if stage not in stages:
        raise StageNotFound(f"Pipeline '{pipeline.name}' does not have a stage with name '{stage}'")
    if action not in stages[stage]:
        raise ActionNotFound(
            f"Stage '{stage}' of pipeline '{pipeline.name}' does not have an action with name '{action}'"
        )
    declared: dict[str, Any] = stages[stage][action]
    return declared


def approval_rule(account: Account, pipeline_name: str) -> ApprovalRule:
    """Return what the approvals of a pipeline ask for; one that was never set asks for what AWS does."""
    found = ApprovalRule.objects.for_account(account).filter(pipeline_name=pipeline_name).first()
    return found or ApprovalRule(account=account, pipeline_name=pipeline_name)


def version_of(pipeline: Pipeline, number: int | None) -> PipelineVersion:
    """Return a saved definition, the current one without a number. Raises PipelineVersionNotFound."""
    versions = PipelineVersion.objects.for_account(pipeline.account).filter(pipeline=pipeline)
    version = versions.filter(version=number or pipeline.version).first()
    if version is None:
        raise PipelineVersionNotFound(f"Pipeline '{pipeline.name}' does not have a version {number}.")
    return version


def list_pipelines(account: Account, *, size: int, token: str | None) -> Page[Pipeline]:
    """Return a page of the account's pipelines, by name. Raises InvalidNextToken."""
    scope: dict[str, Any] = {"of": "pipelines", "account": account.pk}
    key = read_token(token, scope=scope)
    rows = LISTED.rows(account=account.pk, after=key[0] if key else "", most=size + 1)
    return page(rows, size, scope=scope, key=lambda row: [row.name])
