"""One decision of the engine alone, over a pipeline as large as AWS allows: no database, no clock."""

import statistics
import time
from typing import Any
from uuid import UUID

from apps.executions.engine import Mode, decide
from apps.executions.engine.causes import ActionSettled, Cause, ExecutionStarted
from apps.executions.engine.lifecycle import ActionState, ExecutionState, StageState
from apps.executions.engine.plan import ActionPlan, Plan, StagePlan
from apps.executions.engine.snapshot import ExecutionView, Snapshot
from tests.bench.figures import spread

STAGES, ACTIONS_A_STAGE, WAITING = 50, 10, 50
DECISIONS = 200
IN_THE_STAGE = UUID(int=1)


def decisions() -> dict[str, dict[str, Any]]:
    """Return how long a decision takes whose stage is full and 50 executions wait at its entry."""
    causes: dict[str, Cause] = {
        "an action ended": ActionSettled(IN_THE_STAGE, "stage-25", "action-9", succeeded=True),
        "one more was started": ExecutionStarted(UUID(int=999), 999, Mode.QUEUED),
    }
    return {
        f"one decision, {STAGES * ACTIONS_A_STAGE} actions, {WAITING} waiting: {what}": {
            **spread(_timed(cause)),
            "goal": "under 5 ms",
        }
        for what, cause in causes.items()
    }


def _timed(cause: Cause) -> list[float]:
    snapshot, durations = crowded(), []
    for _ in range(DECISIONS):
        started = time.perf_counter()
        decide(snapshot, cause)
        durations.append(time.perf_counter() - started)
    assert statistics.median(durations) > 0
    return durations


def crowded() -> Snapshot:
    """Return a QUEUED pipeline of 50 stages and 500 actions: one execution works in the middle, 50 wait before it."""
    actions = tuple(ActionPlan(f"action-{number}", number + 1) for number in range(ACTIONS_A_STAGE))
    plan = Plan(1, tuple(StagePlan(f"stage-{number}", actions) for number in range(STAGES)))
    states = {action.name: ActionState.SUCCEEDED for action in actions[:-1]}
    working = ExecutionView(
        IN_THE_STAGE, 1, ExecutionState.IN_PROGRESS, 1, Mode.QUEUED, "stage-25",
        stage_state=StageState.IN_PROGRESS, actions={**states, actions[-1].name: ActionState.IN_PROGRESS},
    )  # fmt: skip
    waiting = [
        ExecutionView(UUID(int=number), number, ExecutionState.IN_PROGRESS, 1, Mode.QUEUED, "stage-25", waiting=True)
        for number in range(2, WAITING + 2)
    ]
    return Snapshot({1: plan}, 1, Mode.QUEUED, {view.id: view for view in (working, *waiting)})
