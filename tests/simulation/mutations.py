"""Faults put into the engine on purpose, to show that the simulation has teeth.

Each changes one thing that a careless edit might change. `python -m tests.simulation --mutations` tells after how many
steps each was found.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from apps.executions.engine import approvals, board, conditions, lifecycle, requests, retrying, stage
from apps.executions.engine.lifecycle import ActionState
from apps.executions.engine.plan import Mode, StagePlan
from apps.executions.shell import loading
from apps.jobs.services import results

decide = import_module("apps.executions.engine.decide")  # the package exports the function of this name
Mutation = Callable[[], None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(name: str) -> Callable[[Mutation], Mutation]:
    def register(function: Mutation) -> Mutation:
        MUTATIONS[name] = function
        return function

    return register


def put(place: Any, name: str, value: Any) -> None:
    setattr(place, name, value)


@mutation("stage lock dropped")
def _() -> None:
    put(board.Board, "is_locked", lambda self, stage: False)


@mutation("queue not first come first served")
def _() -> None:
    real = board.Board.waiters
    put(board.Board, "waiters", lambda self, stage: sorted(real(self, stage), key=lambda view: -view.number))


@mutation("disabled outbound transition ignored")
def _() -> None:
    put(board.Board, "is_open", lambda self, stage, plan: (stage, "Inbound") not in self.base.closed)


@mutation("later run order starts with the first")
def _() -> None:
    put(StagePlan, "groups", property(lambda self: (tuple(self.actions),)))


@mutation("one action too many at once in PARALLEL mode")
def _() -> None:
    put(stage, "ACTIONS_AT_ONCE_IN_PARALLEL_MODE", 6)


@mutation("late result of an abandoned action counts")
def _() -> None:
    put(results, "_is_replay", lambda job, outcome: False)


@mutation("retry does not ask who entered last")
def _() -> None:
    real = retrying.retry

    def careless(one: board.Board, cause: Any) -> None:
        one.latest_in_stage[cause.stage] = cause.execution
        real(one, cause)

    put(retrying, "retry", careless)


@mutation("retry of all actions while some run")
def _() -> None:
    put(retrying, "_can_be_retried", lambda view, number, mode: view.stage_state is not None)


@mutation("stopping starts the next group")
def _() -> None:
    real = decide._come_to_rest

    def careless(one: board.Board, view: Any) -> None:
        stage = one.stage_plan(view)
        if view.state is lifecycle.ExecutionState.STOPPING and stage and view.stage_state and view.actions:
            missing = [each.name for each in stage.actions if each.name not in view.actions]
            if missing and all(state is ActionState.SUCCEEDED for state in view.actions.values()):
                one.start_action(view.id, missing[0])
                return
        real(one, view)

    put(decide, "_come_to_rest", careless)


@mutation("an update leaves what waits in flight")
def _() -> None:
    real = requests.update

    def careless(one: board.Board) -> None:
        waiting = {view.id: view for view in one.executions.values() if view.waiting}
        for key in waiting:
            del one.executions[key]
        real(one)
        one.executions |= {key: replace(view, mode=Mode.PARALLEL) for key, view in waiting.items()}

    put(requests, "update", careless)


@mutation("superseded by an older one")
def _() -> None:
    real = board.Board.waiters
    put(
        board.Board,
        "waiters",
        lambda self, stage: (
            list(reversed(found)) if (found := real(self, stage)) and found[0].mode is Mode.SUPERSEDED else found
        ),
    )


@mutation("waiters grow stale after sixty days")
def _() -> None:
    put(loading, "STALE_AFTER", loading.STALE_AFTER * 2)


@mutation("a failed condition lets the actions start")
def _() -> None:
    put(conditions, "PASSED", lifecycle.PASSED | {lifecycle.ConditionState.FAILED})


@mutation("a rollback goes on to the next stage")
def _() -> None:
    def careless(one: board.Board, view: Any) -> None:
        following = one.plan(view).after(view.stage)
        if following is None:
            one.move_execution(view.id, lifecycle.ExecutionCause.LAST_STAGE_SUCCEEDED)
        else:
            one.arrive(view.id, following)

    put(stage, "leave", careless)
    put(decide, "leave", careless)


@mutation("rules of an overridden condition go on")
def _() -> None:
    real = board.Board.settle_rule

    def careless(self: board.Board, *place: Any, tell: bool) -> None:
        real(self, *place, tell=False)

    put(board.Board, "settle_rule", careless)


@mutation("a failed stage is retried by itself without end")
def _() -> None:
    real = stage._fail
    put(stage, "_fail", lambda one, view, plan: real(one, replace(view, auto_retried=False), plan))


@mutation("one person too few is enough for an approval")
def _() -> None:
    put(approvals.Tally, "missing", property(lambda self: max(0, self.needed - 1 - len(self.counted))))
