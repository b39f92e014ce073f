"""Checks of who is inside a stage, who waits for it, and why."""

from collections import Counter, defaultdict
from uuid import UUID

from apps.executions.models import PipelineExecution
from tests.simulation.checks.log import Log, Problems
from tests.simulation.checks.picture import Picture
from tests.simulation.checks.tables import GOING, HOLDING, STALE_AFTER, UNFINISHED


def one_execution_in_a_stage(log: Log, now: Picture, before: Picture) -> Problems:
    inside = Counter(
        (row.pipeline_id, row.stage)
        for row in now.stages.values()
        if row.state in HOLDING and now.executions[row.execution_id].mode != "PARALLEL"
    )
    for place, number in inside.items():
        if number > 1:
            yield f"{number} executions are inside {place}"


def locks_are_of_the_living(log: Log, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        execution = now.executions[stage.execution_id]
        if stage.state in HOLDING and (execution.state not in GOING or execution.stage != stage.stage):
            yield f"{stage} is held by {execution}, which is at {execution.stage}"
    for action in now.actions.values():
        if action.state == "InProgress" and now.stages[action.stage_execution_id].state not in HOLDING:
            yield f"{action} runs in {now.stages[action.stage_execution_id]}"


def waiting_is_orderly(log: Log, now: Picture, before: Picture) -> Problems:
    waiting: Counter[tuple[int, str]] = Counter()
    for row in now.executions.values():
        if row.waiting and row.state == "InProgress" and row.mode == "SUPERSEDED" and row.type == "STANDARD":
            waiting[row.pipeline_id, row.stage] += 1
        earlier = before.executions.get(row.pk)
        if row.state == "Superseded":
            newer = now.executions.get(row.superseded_by)
            if row.mode != "SUPERSEDED" or newer is None or newer.number <= row.number:
                yield f"{row} of mode {row.mode} was superseded by {newer}"
            inside = now.stage_of(row)
            if earlier and earlier.state != "Superseded" and inside and inside.state in HOLDING:
                yield f"{row} was superseded inside {row.stage}"
    for place, number in waiting.items():
        if number > 1:
            yield f"{number} executions wait at {place}"


def queues_keep_their_order(log: Log, now: Picture, before: Picture) -> Problems:
    for place, numbers in log.entered.items():
        if numbers != sorted(set(numbers)):
            yield f"the executions entered {place} in the order {numbers}"


def the_stale_stay_outside(log: Log, now: Picture, before: Picture) -> Problems:
    """Who waited for too long is woken by a new start alone."""
    started = {row.pipeline_id for row in now.executions.values() if row.pk not in before.executions}
    for earlier in before.executions.values():
        if not earlier.waiting or log.world.now - earlier.waiting_since <= STALE_AFTER:
            continue
        if earlier.pipeline_id in started:
            continue
        row = now.executions.get(earlier.pk)
        inside = now.stage_of(row) if row and not row.waiting and row.state in GOING else None
        if inside and inside.state in HOLDING:
            yield f"{row} entered {row.stage}, for which it waited since {earlier.waiting_since}"


def rollbacks_stay_in_their_stage(log: Log, now: Picture, before: Picture) -> Problems:
    entered: dict[UUID, list[str]] = defaultdict(list)
    for stage in now.stages.values():
        if now.executions[stage.execution_id].type == "ROLLBACK":
            entered[stage.execution_id].append(stage.stage)
    for key, stages in entered.items():
        if len(stages) > 1:
            yield f"the rollback {now.executions[key]} went through {stages}"


def nothing_stalls(log: Log, now: Picture, before: Picture) -> Problems:
    live = {job.action_execution_id for job in now.jobs.values() if job.state in UNFINISHED and not job.is_void}
    for row in now.executions.values():
        if row.state not in GOING:
            continue
        if row.waiting:
            if not reason_to_wait(log, now, row):
                yield f"{row} number {row.number} waits at {row.stage} for nothing"
        elif not any(work in live for work in work_of(now, row)):
            yield f"{row} number {row.number} is inside {row.stage} and nothing runs"


def work_of(now: Picture, row: PipelineExecution) -> list[UUID]:
    """Return what runs for an execution: its actions, and the rules of its conditions."""
    running = [*now.actions.values(), *now.rules.values()]
    return [each.pk for each in running if each.execution_id == row.pk and each.state == "InProgress"]


def reason_to_wait(log: Log, now: Picture, row: PipelineExecution) -> bool:
    plan = list(log.plan(row))
    position = plan.index(row.stage)
    gates = {(row.pipeline_id, row.stage, "Inbound")}
    gates |= {(row.pipeline_id, plan[position - 1], "Outbound")} if position else set()
    stale = row.waiting_since and log.world.now - row.waiting_since > STALE_AFTER
    if stale or (gates & now.closed and row.type == "STANDARD"):
        return True
    if row.mode == "PARALLEL":
        return False
    others = [each for each in now.executions.values() if each.mode != "PARALLEL" and each.pk != row.pk]
    occupied = any(
        stage.stage == row.stage and stage.state in HOLDING and stage.pipeline_id == row.pipeline_id
        for stage in now.stages.values()
        if now.executions[stage.execution_id].mode != "PARALLEL"
    )
    ahead = any(
        each.waiting and each.stage == row.stage and each.state == "InProgress" and each.number < row.number
        for each in others
        if each.pipeline_id == row.pipeline_id
    )
    return occupied or ahead
