"""What may happen. A step is drawn from the state of the world, and done by plain values, so that it can be replayed.

A step that names something that is not there does nothing: a shortened history may have lost what it speaks of.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from apps.executions.engine import ActionState
from apps.executions.models import ActionExecution, ConditionExecution, PipelineExecution, StageExecution
from apps.executions.services import (
    override_condition,
    retry_stage,
    roll_back_stage,
    start_execution,
    stop_execution,
)
from apps.pipelines.services import delete_pipeline, set_transition, update_pipeline
from tests.simulation.shapes import MODES, declaration_of
from tests.simulation.world import BY, NAME, World

Arguments = dict[str, Any]
Draw = Callable[[World, Random], Arguments | None]
Do = Callable[..., object]
HOLDING = ("InProgress", "Stopping", "Cancelling")
STEPS: dict[str, tuple[int, Draw, Do]] = {}


class Violation(AssertionError):
    """Something that must always hold did not."""


def step(weight: int, draw: Draw) -> Callable[[Do], Do]:
    """Register a step under its function's name. `weight`: how often it is drawn, relative to the others."""

    def register(do: Do) -> Do:
        STEPS[do.__name__] = (weight, draw, do)
        return do

    return register


def nothing(world: World, rng: Random) -> Arguments:
    return {}


def some_execution(world: World, rng: Random, *states: str) -> PipelineExecution | None:
    """Prefer recent ones, and those in `states`: others are asked about too, but seldom."""
    rows = world.executions()
    fitting = [row for row in rows if row.state in states]
    if fitting and rng.random() < 0.8:
        return fitting[-1] if rng.random() < 0.7 else rng.choice(fitting)
    return rng.choice(rows[-4:] if rng.random() < 0.85 else rows) if rows else None


def refuse_unless(expected: bool, what: str, **facts: Any) -> None:
    """Say that a call was served that must be refused, as the reference has it."""
    if not expected:
        raise Violation(f"served, though {what}: {facts}")


# People and programs


@step(8, lambda world, rng: {"token": rng.choice(["", "", "", f"t{rng.randrange(6)}"])})
def start(world: World, *, token: str) -> None:
    pipeline = world.pipeline()
    key = f"{pipeline.pk}/{token}" if pipeline else ""
    row = start_execution(
        world.account,
        NAME,
        trigger_type="StartPipelineExecution",
        trigger_detail=BY,
        started_by=[BY],
        client_request_token=token,
        now=world.now,
    )
    world.promised.add(row.pk)
    if token and world.tokens.setdefault(key, row.pk) != row.pk:
        raise Violation(f"INV-02: the token {token} started {world.tokens[key]} and {row.pk}")


def draw_stop(world: World, rng: Random) -> Arguments | None:
    row = some_execution(world, rng, *(("InProgress",) if rng.random() < 0.6 else ()))
    return {"number": row.number, "abandon": rng.random() < 0.4} if row else None


@step(3, draw_stop)
def stop(world: World, *, number: int, abandon: bool) -> None:
    if row := world.execution(number):
        before = row.state
        stop_execution(world.account, NAME, row.pk, abandon=abandon, reason="", by=BY, now=world.now)
        again = before == "Abandoning" or (before == "Stopping" and not abandon)
        served = before in {"InProgress", "Stopping", "Cancelling"} and not again
        refuse_unless(served, "it was not running", state=before)


def draw_retry(world: World, rng: Random) -> Arguments | None:
    row = some_execution(world, rng, "Failed", "Stopped")
    if row is None:
        return None
    stages = world.stage_names()
    stage = row.stage if rng.random() < 0.8 else rng.choice(stages)
    return {"number": row.number, "stage": stage, "mode": rng.choice(["FAILED_ACTIONS", "ALL_ACTIONS"])}


@step(6, draw_retry)
def retry(world: World, *, number: int, stage: str, mode: str) -> None:
    row = world.execution(number)
    if row is None:
        return
    before = StageExecution.objects.filter(execution=row, stage=stage).first()
    actions = _states(before)
    later = _entered_later(row, stage)
    retry_stage(world.account, NAME, stage, row.pk, mode=mode, by=BY, now=world.now)
    refuse_unless(before is not None and row.stage == stage and not row.waiting, "it is not in this stage")
    assert before is not None
    refuse_unless(row.version == row.pipeline.version, "the definition has changed")
    refuse_unless(row.mode == "PARALLEL" or not later, "a newer execution has entered")
    running = ActionState.IN_PROGRESS in actions
    refuse_unless(mode == "FAILED_ACTIONS" or not running, "an action runs", actions=actions)
    has_failed = {ActionState.FAILED, ActionState.ABANDONED} & set(actions)
    ended = before.state in {"Failed", "Stopped"}
    refuse_unless(ended or bool(running and has_failed), "nothing failed", state=before)


def _states(stage: StageExecution | None) -> list[str]:
    rows = ActionExecution.objects.filter(stage_execution=stage, is_current=True)
    return list(rows.order_by().values_list("state", flat=True)) if stage else []


def _entered_later(row: PipelineExecution, stage: str) -> bool:
    mine = StageExecution.objects.filter(execution=row, stage=stage).values_list("pk", flat=True).first() or 0
    others = StageExecution.objects.filter(pipeline=row.pipeline, stage=stage, pk__gt=mine)
    return others.exclude(execution=row).exclude(execution__mode="PARALLEL").exists()


def draw_rollback(world: World, rng: Random) -> Arguments | None:
    row, stages = some_execution(world, rng, "Succeeded", "Failed"), world.stage_names()
    if row is None:
        return None
    succeeded = StageExecution.objects.filter(execution=row, state="Succeeded").order_by("pk")
    been = list(succeeded.values_list("stage", flat=True))
    return {"target": row.number, "stage": rng.choice(been if been and rng.random() < 0.8 else stages)}


@step(4, draw_rollback)
def roll_back(world: World, *, target: int, stage: str) -> None:
    row = world.execution(target)
    if row is None:
        return
    there = StageExecution.objects.filter(execution=row, stage=stage, state="Succeeded").exists()
    inside = StageExecution.objects.filter(pipeline=row.pipeline, stage=stage, state__in=HOLDING).exists()
    made = roll_back_stage(world.account, NAME, stage, row.pk, by=BY, now=world.now)
    world.promised.add(made.pk)
    refuse_unless(there, "the target did not succeed there")
    refuse_unless(row.type == "STANDARD", "the target is a rollback")
    refuse_unless(row.version == row.pipeline.version, "the definition has changed")
    refuse_unless(row.pipeline.execution_mode != "PARALLEL", "the mode is PARALLEL")
    refuse_unless(not inside, "somebody is inside the stage")
    refuse_unless(stage != "Source", "it is the source stage")


def draw_override(world: World, rng: Random) -> Arguments | None:
    rows = ConditionExecution.objects.for_account(world.account).exclude(kind="ON_FAILURE").order_by("pk")
    asked = list(rows.filter(pipeline__deleted_at=None).values_list("execution__number", "stage", "kind", "state"))
    likely = [row for row in asked if row[3] in {"InProgress", "Failed", "Errored"}]
    chosen = rng.choice(likely[-3:]) if likely and rng.random() < 0.8 else rng.choice(asked) if asked else None
    return {"number": chosen[0], "stage": chosen[1], "kind": chosen[2]} if chosen else None


@step(5, draw_override)
def override(world: World, *, number: int, stage: str, kind: str) -> None:
    row = world.execution(number)
    if row is None:
        return
    rows = ConditionExecution.objects.filter(execution=row, stage=stage, kind=kind, is_current=True)
    before = rows.order_by("-pk").first()
    later = _entered_later(row, stage)
    override_condition(world.account, NAME, stage, row.pk, kind=kind, by=BY, now=world.now)
    overridable = before is not None and before.state in {"InProgress", "Failed", "Errored"}
    refuse_unless(overridable, "there was nothing to override", state=before)
    refuse_unless(row.mode == "PARALLEL" or not later, "a newer execution has entered")
    refuse_unless(row.state in {"InProgress", "Failed"}, "the execution had ended otherwise", state=row.state)


def draw_transition(world: World, rng: Random) -> Arguments | None:
    stages = world.stage_names()
    if not stages:
        return None
    side = rng.choice(["Inbound", "Outbound"])
    return {"stage": rng.choice(stages), "side": side, "enabled": rng.random() < 0.5}


@step(6, draw_transition)
def transition(world: World, *, stage: str, side: str, enabled: bool) -> None:
    set_transition(world.account, NAME, stage, side, enabled=enabled, by=BY, now=world.now, reason="because")


@step(1, lambda world, rng: {"shape": rng.randrange(10**6), "mode": rng.choice(MODES)} if rng.random() < 0.4 else None)
def update(world: World, *, shape: int, mode: str) -> None:
    update_pipeline(world.account, declaration_of(world.account, NAME, Random(shape), mode=mode), by=BY, now=world.now)


@step(1, lambda world, rng: {"mode": rng.choice(MODES)} if rng.random() < 0.4 else None)
def change_mode(world: World, *, mode: str) -> None:
    """Save the same stages under another mode, so that what was in flight finds its stages again."""
    declaration = world.declaration()
    if declaration:
        declaration = {key: value for key, value in declaration.items() if key != "version"} | {"executionMode": mode}
        update_pipeline(world.account, declaration, by=BY, now=world.now)


@step(1, lambda world, rng: {"shape": rng.randrange(10**6)} if rng.random() < 0.3 else None)
def delete_and_create(world: World, *, shape: int) -> None:
    delete_pipeline(world.account, NAME, by=BY, now=world.now)
    world.create(shape)


@step(
    5,
    lambda world, rng: {
        "seconds": rng.choice([1, 1, 5, 5, 31, 31, 61, 61, 600, 600, 3700, 90_000, 700_000, 32 * 86_400])
    },
)
def wait(world: World, *, seconds: int) -> None:
    world.pass_time(seconds)
    world.do_duties()
