"""What holds of every pipeline at rest. Each is named after its row in the reliability contract."""

from collections import Counter
from itertools import pairwise

from apps.executions.engine import (
    ActionState,
    ConditionState,
    ExecutionState,
    ExecutionView,
    Kind,
    Look,
    Mode,
    MoveExecution,
    StageState,
    decide,
)
from apps.executions.engine.lifecycle import HOLDING_THE_STAGE, IN_FLIGHT, PASSED
from tests.executions.engine.driver import Pipeline

COMING_TO_REST = IN_FLIGHT - {ExecutionState.IN_PROGRESS}
HELD = "a closed transition", "a locked stage", "those before it in the queue", "a new start, being stale"


def check(pipeline: Pipeline) -> None:
    one_execution_in_a_stage(pipeline)
    locks_are_of_the_living(pipeline)
    one_waiter_at_an_entry(pipeline)
    queues_keep_their_order(pipeline)
    run_orders_are_kept(pipeline)
    stopping_ends(pipeline)
    whoever_is_in_progress_has_a_reason(pipeline)
    rules_hold_the_stage(pipeline)
    nothing_stays_reserved(pipeline)
    rollbacks_stay_in_their_stage(pipeline)
    latest_is_who_entered_last(pipeline)
    assert decide(pipeline.snapshot, Look()).effects == (), "the pipeline was not at rest"


def one_execution_in_a_stage(pipeline: Pipeline) -> None:
    """INV-13."""
    views = pipeline.snapshot.executions.values()
    inside = Counter(view.stage for view in views if view.holds_its_stage and view.mode is not Mode.PARALLEL)
    assert not inside or max(inside.values()) == 1, inside


def locks_are_of_the_living(pipeline: Pipeline) -> None:
    """INV-06, INV-14."""
    for view in pipeline.book.views.values():
        if view.state not in IN_FLIGHT:
            assert view.stage_state not in HOLDING_THE_STAGE, view
            assert not view.has_running_actions, view
            assert view.evaluated is None, view
            assert view.id not in pipeline.snapshot.executions


def one_waiter_at_an_entry(pipeline: Pipeline) -> None:
    """INV-15, and that nobody in a queue is superseded (INV-16)."""
    waiting = Counter(view.stage for view in _waiters(pipeline) if view.mode is Mode.SUPERSEDED)
    assert not waiting or max(waiting.values()) == 1, waiting
    for effect in pipeline.effects:
        if isinstance(effect, MoveExecution) and effect.state is ExecutionState.SUPERSEDED:
            assert effect.superseded_by is not None
            older, newer = pipeline.book.views[effect.execution], pipeline.book.views[effect.superseded_by]
            assert older.number < newer.number
            assert older.waiting, "superseded inside a stage"
            assert older.mode is Mode.SUPERSEDED, "only this mode supersedes"


def queues_keep_their_order(pipeline: Pipeline) -> None:
    """INV-16. Rollbacks stand in no queue."""
    for stage, entered in pipeline.book.entered.items():
        views = [pipeline.book.views[execution] for execution in entered]
        numbers = [view.number for view in views if view.mode is Mode.QUEUED and not view.rollback]
        assert all(before < after for before, after in pairwise(numbers)), (stage, numbers)


def run_orders_are_kept(pipeline: Pipeline) -> None:
    """INV-19: whatever has started, all of lower run order has succeeded."""
    for view in pipeline.book.views.values():
        stage = pipeline.snapshot.plans[view.version].stage(view.stage)
        assert stage is not None
        for action in stage.actions:
            if action.name in view.actions:
                lower = [other.name for other in stage.actions if other.run_order < action.run_order]
                assert all(view.actions.get(name) is ActionState.SUCCEEDED for name in lower), (view, action)


def stopping_ends(pipeline: Pipeline) -> None:
    """INV-20."""
    for view in pipeline.snapshot.executions.values():
        if view.state in COMING_TO_REST:
            assert view.has_running_actions, view
            assert view.state is not ExecutionState.ABANDONING, "abandoning takes no time"


def whoever_is_in_progress_has_a_reason(pipeline: Pipeline) -> None:
    """INV-17, INV-18, INV-25."""
    for view in pipeline.snapshot.executions.values():
        if view.waiting:
            assert reason_to_wait(pipeline, view) in HELD, view
        else:
            assert view.has_running_actions or view.evaluated, view
            assert view.state in COMING_TO_REST or view.stage_state is StageState.IN_PROGRESS


def rules_hold_the_stage(pipeline: Pipeline) -> None:
    """Conditions are asked inside a stage, one at a time, and never while actions run."""
    for view in pipeline.snapshot.executions.values():
        asked = [kind for kind, each in view.conditions.items() if each.state is ConditionState.IN_PROGRESS]
        assert len(asked) <= 1, view
        if asked:
            assert view.stage_state is StageState.IN_PROGRESS, view
            assert view.state is ExecutionState.IN_PROGRESS, view
            assert not view.has_running_actions, view
        entry = view.conditions.get(Kind.BEFORE_ENTRY)
        if view.actions and entry:
            assert entry.state in PASSED, "an action began before the entry condition had passed"


def nothing_stays_reserved(pipeline: Pipeline) -> None:
    assert pipeline.snapshot.reserved == frozenset()


def rollbacks_stay_in_their_stage(pipeline: Pipeline) -> None:
    for view in pipeline.book.views.values():
        if view.rollback:
            stages = [stage for stage, entered in pipeline.book.entered.items() if view.id in entered]
            assert stages == [view.stage], (view, stages)


def reason_to_wait(pipeline: Pipeline, view: ExecutionView) -> str | None:
    snapshot = pipeline.snapshot
    if not snapshot.plans[view.version].stage(view.stage):
        return None
    if view.stale:
        return HELD[3]
    before = snapshot.plans[view.version].before(view.stage)
    if {(view.stage, "Inbound"), (before, "Outbound")} & {(stage, side.value) for stage, side in snapshot.closed}:
        return HELD[0]
    if view.mode is Mode.PARALLEL:
        return None
    others = [other for other in snapshot.executions.values() if other.mode is not Mode.PARALLEL]
    if any(other.stage == view.stage and other.holds_its_stage for other in others):
        return HELD[1]
    ahead = [other for other in _waiters(pipeline) if other.stage == view.stage and other.number < view.number]
    return HELD[2] if ahead else None


def latest_is_who_entered_last(pipeline: Pipeline) -> None:
    assert dict(pipeline.snapshot.latest_in_stage) == {
        stage: entered[-1] for stage, entered in pipeline.book.entered.items()
    }


def _waiters(pipeline: Pipeline) -> list[ExecutionView]:
    views = pipeline.snapshot.executions.values()
    return [view for view in views if view.waiting and view.state is ExecutionState.IN_PROGRESS]
