"""Reads that several pages share, in a number of queries that does not grow with what there is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.core.pages import Page
from apps.executions.models import (
    IN_FLIGHT,
    ActionExecution,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.jobs.models import Job
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.selectors import list_pipelines
from apps.tenancy.models import Account

MOST_WAITING = 50


@dataclass(frozen=True)
class PipelineRow:
    """A pipeline of a list: its stages with their latest execution, and its newest execution."""

    pipeline: Pipeline
    stages: tuple[tuple[str, StageExecution | None], ...]
    newest: PipelineExecution | None


def pipeline_rows(account: Account, *, size: int, token: str | None) -> Page[PipelineRow]:
    """Return a page of pipelines, by name. Raises InvalidNextToken."""
    found = list_pipelines(account, size=size, token=token)
    ids = [row.pk for row in found.rows]
    stage_names = _stage_names(account, ids)
    latest = {(row.pipeline_id, row.stage): row for row in _latest_stages(account, ids)}
    newest = {row.pipeline_id: row for row in _newest(account, ids)}
    rows = [
        PipelineRow(
            pipeline,
            tuple((name, latest.get((pipeline.pk, name))) for name in stage_names.get(pipeline.pk, ())),
            newest.get(pipeline.pk),
        )
        for pipeline in found.rows
    ]
    return Page(rows, found.next_token)


def _stage_names(account: Account, pipeline_ids: list[int]) -> dict[int, tuple[str, ...]]:
    rows = PipelineVersion.objects.for_account(account).filter(
        pipeline_id__in=pipeline_ids, version=F("pipeline__version")
    )
    return {
        pipeline_id: tuple(stage["name"] for stage in declaration["stages"])
        for pipeline_id, declaration in rows.values_list("pipeline_id", "declaration")
    }


def _latest_stages(account: Account, pipeline_ids: list[int]) -> Iterable[StageExecution]:
    return StageExecution.objects.for_account(account).filter(pipeline_id__in=pipeline_ids, is_latest=True)


def _newest(account: Account, pipeline_ids: list[int]) -> Iterable[PipelineExecution]:
    rows = PipelineExecution.objects.for_account(account).filter(pipeline_id__in=pipeline_ids)
    return rows.filter(number=F("pipeline__last_execution_number")).defer("artifacts", "outputs", "overrides")


def waiting_approvals(account: Account) -> list[tuple[ActionExecution, Job]]:
    """Return the actions that wait for a person, longest first."""
    jobs = Job.objects.for_account(account).filter(ended_at=None, performer="person", is_void=False)
    by_action = {job.action_execution_id: job for job in jobs.order_by("created_at")[:MOST_WAITING]}
    rows = ActionExecution.objects.for_account(account).filter(pk__in=by_action, pipeline__deleted_at=None)
    actions = rows.select_related("execution", "pipeline").order_by("started_at")
    return [(action, by_action[action.pk]) for action in actions]


def running_executions(account: Account, *, most: int = 20) -> list[PipelineExecution]:
    rows = PipelineExecution.objects.for_account(account).filter(IN_FLIGHT, pipeline__deleted_at=None)
    rows = rows.select_related("pipeline").defer("artifacts", "outputs", "overrides")
    return list(rows.order_by("-started_at")[:most])


def attempts_at(action: ActionExecution) -> list[ActionExecution]:
    """Return every attempt at an action by the same execution, the first one first."""
    rows = ActionExecution.objects.filter(stage_execution_id=action.stage_execution_id, action=action.action)
    return list(rows.order_by("attempt"))


def rule_attempts_at(rule: RuleExecution) -> list[RuleExecution]:
    """Return every evaluation of a rule at the same place by the same execution, the first one first."""
    rows = RuleExecution.objects.filter(execution_id=rule.execution_id, stage=rule.stage, kind=rule.kind)
    return list(rows.filter(rule=rule.rule).order_by("attempt"))


def execution_numbers(account: Account, ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return the numbers of executions, asking only when there are some to ask for."""
    if not ids:
        return {}
    rows = PipelineExecution.objects.for_account(account).filter(pk__in=ids).order_by()
    return dict(rows.values_list("pk", "number"))


def succeeded_at(account: Account, stage: str, ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """Return when each execution succeeded in a stage."""
    rows = StageExecution.objects.for_account(account).filter(execution_id__in=ids, stage=stage, state="Succeeded")
    return dict(rows.order_by().values_list("execution_id", "ended_at"))


@dataclass(frozen=True)
class Checked:
    """A condition of a stage execution, with its rules, as it was asked last."""

    stage: StageExecution
    condition: ConditionExecution
    rules: tuple[RuleExecution, ...]


def stages_of(execution: PipelineExecution) -> list[StageExecution]:
    """Return the stages that an execution entered, first one first."""
    rows = list(StageExecution.objects.filter(execution=execution).order_by("id"))
    for row in rows:
        row.execution = execution
    return rows


def checks_of(execution: PipelineExecution, stages: Iterable[StageExecution]) -> list[Checked]:
    """Return the conditions of an execution that count, in the order in which they were asked."""
    places = {row.pk: row for row in stages}
    rules: dict[int, list[RuleExecution]] = {}
    conditions: dict[int, ConditionExecution] = {}
    rows = RuleExecution.objects.filter(execution=execution, condition__is_current=True).select_related("condition")
    for rule in rows.order_by("condition_id", "started_at", "rule"):
        conditions[rule.condition_id] = rule.condition
        rules.setdefault(rule.condition_id, []).append(rule)
    return [Checked(places[row.stage_execution_id], row, tuple(rules[row.pk])) for row in conditions.values()]


def was_unsuccessful(stage: StageExecution) -> bool:
    """Tell whether the stage has actions that a retry of the failed ones would repeat."""
    actions = ActionExecution.objects.filter(stage_execution=stage, is_current=True)
    return actions.filter(state__in=["Failed", "Abandoned"]).exists()
