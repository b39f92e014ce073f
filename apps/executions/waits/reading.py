"""The facts of a pipeline, in eleven queries at most, whatever is in flight."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.core.pages import Page, page, read_token
from apps.executions.engine import Mode, Tally
from apps.executions.engine.lifecycle import HOLDING_THE_STAGE
from apps.executions.engine.plan import MEMBERS
from apps.executions.models import IN_FLIGHT, ActionExecution, PipelineExecution, RuleExecution, StageExecution
from apps.executions.selectors import approvals_given, tally_of
from apps.executions.shell.loading import STALE_AFTER
from apps.jobs.models import Job
from apps.jobs.selectors import calls_for, publishers_calls_for, unfinished_jobs
from apps.pipelines.models import Pipeline, StageTransition
from apps.pipelines.selectors import approval_rule, pipeline_with_transitions
from apps.pipelines.versions import kept_version
from apps.tenancy.models import Account

from .chain import Wait, why
from .facts import Asked, Gate, Scene, Standing, Work

LATE = timedelta(minutes=3)  # calls are noted to the minute, and a job worker asks several times in one
Stages = list[dict[str, Any]]  # of a declaration


def list_waits(account: Account, pipeline_name: str, *, now: datetime, size: int, token: str | None) -> Page[Wait]:
    """Return a page of what the executions in flight wait for, oldest start first.

    Raises: PipelineNotFound, InvalidNextToken.
    """
    scope = {"of": "waits", "account": account.pk, "pipeline": pipeline_name}
    key = read_token(token, scope=scope)
    found = [wait for wait in waits_of(account, pipeline_name, now=now) if key is None or wait.number > key[0]]
    return page(found[: size + 1], size, scope=scope, key=lambda wait: [wait.number])


def waits_of(account: Account, pipeline_name: str, *, now: datetime) -> tuple[Wait, ...]:
    """Return what each execution in flight waits for, oldest start first. Raises PipelineNotFound."""
    pipeline, transitions = pipeline_with_transitions(account, pipeline_name)
    return waits_behind(pipeline, transitions.values(), now=now)


def waits_behind(pipeline: Pipeline, transitions: Iterable[StageTransition], *, now: datetime) -> tuple[Wait, ...]:
    """Return what each execution in flight waits for, for who has the pipeline and its transitions already."""
    rows = _in_flight(pipeline)
    plans = {number: _stages(pipeline, number) for number in {row.version for row in rows}}
    inside = _inside(rows)
    work = _work(pipeline, inside, plans, now) if inside else {}
    scene = Scene(
        executions=tuple(_standing(row, inside.get(row.pk), work, plans[row.version], now) for row in rows),
        gates={
            (gate.stage, gate.side): Gate(gate.changed_by, gate.reason, gate.changed_at)
            for gate in transitions
            if not gate.enabled
        },
        is_parallel=pipeline.execution_mode == Mode.PARALLEL,
        most_tries=settings.JOB_MAX_CRASHES,
    )
    return why(scene, now)


def _in_flight(pipeline: Pipeline) -> list[PipelineExecution]:
    """Return what is in flight, oldest start first: there are never more than an account may have at once."""
    rows = PipelineExecution.objects.filter(IN_FLIGHT, pipeline=pipeline).order_by("number")
    return list(rows.defer("artifacts", "outputs", "overrides", "variables", "revisions"))


def _stages(pipeline: Pipeline, number: int) -> Stages:
    """Return the stages of the definition that an execution runs under."""
    version = kept_version(pipeline, number)
    return version.declaration["stages"] if version else []


def _inside(rows: Iterable[PipelineExecution]) -> dict[UUID, StageExecution]:
    """Return where each execution is inside: of its stage executions the one of the stage that it is in."""
    places = {row.pk: row for row in rows if not row.waiting}
    if not places:
        return {}
    found = [
        each
        for each in StageExecution.objects.filter(execution_id__in=places).order_by()
        if each.stage == places[each.execution_id].stage
    ]
    for each in found:
        each.execution = places[each.execution_id]
    return {each.execution_id: each for each in found}


def _standing(
    row: PipelineExecution,
    inside: StageExecution | None,
    work: Mapping[int, list[Work]],
    stages: Stages,
    now: datetime,
) -> Standing:
    names = [stage["name"] for stage in stages]
    before = dict(zip(names, [None, *names], strict=False))
    entered = inside.entered_at if inside else row.started_at
    since = (row.waiting_since or row.started_at) if row.waiting else entered
    return Standing(
        id=row.pk,
        number=row.number,
        stage=row.stage,
        since=since,
        before=before.get(row.stage),
        is_waiting=row.waiting and row.state == "InProgress",
        is_ending=row.state != "InProgress",
        is_stale=row.waiting and now - since > STALE_AFTER,
        holds_its_stage=inside is not None and inside.state in HOLDING_THE_STAGE,
        work=tuple(work.get(inside.pk, ())) if inside else (),
    )


def _work(
    pipeline: Pipeline, inside: Mapping[UUID, StageExecution], plans: Mapping[int, Stages], now: datetime
) -> dict[int, list[Work]]:
    """Return what is in progress in each stage execution. Rules are read where a stage has conditions only."""
    account = pipeline.account
    rows = _actions(inside.values()) + _rules([each for each in inside.values() if _is_guarded(each, plans)])
    jobs = unfinished_jobs(account, [row[0] for row in rows])
    asked = _asked(account, jobs.values(), now)
    executions = {each.pk: each.execution for each in inside.values()}
    of_people = {pk: executions[stage] for pk, stage, *_ in rows if (job := jobs.get(pk)) and job.performer == "person"}
    tallies = _tallies(pipeline, of_people) if of_people else {}
    found: dict[int, list[Work]] = {}
    for pk, stage, *known in rows:
        work = _of_job(jobs.get(pk), asked.get(known[1]), *known)
        if tally := tallies.get(pk):
            work = replace(work, given=len(tally.counted), needed=tally.needed)
        found.setdefault(stage, []).append(work)
    return found


def _tallies(pipeline: Pipeline, approvals: Mapping[UUID, PipelineExecution]) -> dict[UUID, Tally]:
    """Return how far each approval has come, by the attempt at it."""
    rule = approval_rule(pipeline.account, pipeline.name)
    given = approvals_given(pipeline.account, approvals)
    return {pk: tally_of(rule, execution, given.get(pk, ())) for pk, execution in approvals.items()}


def _asked(account: Account, jobs: Iterable[Job], now: datetime) -> dict[str, Asked]:
    """Return who asked last for the types that jobs are queued for; of a publisher's job workers only when."""
    queued = [job for job in jobs if job.performer == "outside" and job.state == "Queued"]
    own = {job.action_type for job in queued if job.client_id is None}
    others = {job.action_type for job in queued if job.client_id is not None}
    calls = calls_for(account, own) if own else {}
    found = {name: Asked(call.called_at, call.called_by, now - call.called_at > LATE) for name, call in calls.items()}
    theirs = publishers_calls_for(account, others) if others else {}
    return found | {name: Asked(at, "", now - at > LATE) for name, at in theirs.items()}


def _is_guarded(inside: StageExecution, plans: Mapping[int, Stages]) -> bool:
    declared = plans[inside.execution.version]
    return any(stage["name"] == inside.stage and not stage.keys().isdisjoint(MEMBERS.values()) for stage in declared)


def _actions(inside: Iterable[StageExecution]) -> list[tuple]:
    """Return id, stage execution, name, type, start and summary of each action in progress; no condition asks it."""
    rows = ActionExecution.objects.filter(
        stage_execution_id__in=[each.pk for each in inside], state="InProgress", is_current=True
    )
    fields = ("pk", "stage_execution_id", "action", "action_type", "started_at", "summary")
    return [(*row, "") for row in rows.order_by().values_list(*fields)]


def _rules(inside: list[StageExecution]) -> list[tuple]:
    """Return the same of each rule in progress, and the kind of condition that asks it."""
    if not inside:
        return []
    rows = RuleExecution.objects.filter(
        condition__stage_execution_id__in=[each.pk for each in inside], condition__is_current=True, state="InProgress"
    )
    fields = ("pk", "condition__stage_execution_id", "rule", "rule_type", "started_at", "summary", "kind")
    return list(rows.order_by().values_list(*fields))


def _of_job(
    job: Job | None,
    asked: Asked | None,
    name: str,
    kind: str,
    since: datetime,
    summary: str,
    condition: str,
) -> Work:
    work = Work(name=name, type=kind, since=since, summary=summary, condition=condition)
    if job is None:
        return work
    return replace(
        work,
        performer=job.performer,
        state=job.state,
        available_at=job.available_at,
        deadline_at=job.deadline_at,
        is_continued=bool(job.continuation_token),
        tries=job.crashes,
        asked=asked,
    )
