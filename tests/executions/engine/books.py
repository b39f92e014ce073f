"""The books of a pipeline in memory: effects replayed on rows of their own, each move checked against its table.

What the engine says about its snapshot is not believed: the views here are built from the effects alone, as the
shell's rows are, and must come out equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from apps.executions.engine import (
    ActionSettled,
    ActionState,
    ArriveAtStage,
    Cause,
    ConditionState,
    ConditionView,
    Decision,
    Effect,
    EnterStage,
    ExecutionStarted,
    ExecutionState,
    ExecutionView,
    Kind,
    MoveAction,
    MoveCondition,
    MoveExecution,
    MoveRule,
    MoveStage,
    ResumeStage,
    RetryTrigger,
    RollBack,
    RollbackStarted,
    RuleCause,
    RuleSettled,
    RuleState,
    Snapshot,
    StageState,
    StartAction,
    StartCondition,
    StartRule,
)
from apps.executions.engine.lifecycle import (
    ACTION_MOVES,
    CONDITION_MOVES,
    EXECUTION_MOVES,
    IN_FLIGHT,
    RULE_MOVES,
    STAGE_MOVES,
)

SETTLED = {
    RuleCause.SUCCESS: RuleState.SUCCEEDED,
    RuleCause.FAILURE: RuleState.FAILED,
    RuleCause.ERROR: RuleState.ERRORED,
}


class NotInTheTable(AssertionError):
    """A move was made that no table knows."""


def check_move(moves: Mapping[tuple[Any, Any], Any], before: object, after: object) -> None:
    if not any(state is before and target is after for (state, _), target in moves.items()):
        raise NotInTheTable(f"{before} → {after}")


@dataclass
class Book:
    """`views` holds every execution there ever was. `entered` lists who entered each stage, in that order.

    `succeeded_in` lists, for each stage, the executions that succeeded there and were no rollbacks.
    """

    views: dict[UUID, ExecutionView] = field(default_factory=dict)
    entered: dict[str, list[UUID]] = field(default_factory=dict)
    history: list[Effect] = field(default_factory=list)
    succeeded_in: dict[str, list[ExecutionView]] = field(default_factory=dict)

    def write(self, before: Snapshot, cause: Cause, decision: Decision) -> None:
        self.views |= before.executions  # what time has done to them: staleness
        if isinstance(cause, ExecutionStarted | RollbackStarted):
            self.views[cause.execution] = ExecutionView(
                cause.execution,
                cause.number,
                ExecutionState.IN_PROGRESS,
                before.version,
                cause.mode,
                stage="",
                rollback=isinstance(cause, RollbackStarted),
            )
        if isinstance(cause, ActionSettled):
            self._settled(cause)
        if isinstance(cause, RuleSettled):
            self._rule_settled(cause)
        for effect in decision.effects:
            self._apply(effect)
        self.history += decision.effects
        in_flight = {view.id: view for view in self.views.values() if view.state in IN_FLIGHT}
        assert in_flight == dict(decision.snapshot.executions), "the effects do not lead to the snapshot"

    def _settled(self, cause: ActionSettled) -> None:
        view = self.views.get(cause.execution)
        if view and view.stage == cause.stage and view.actions.get(cause.action) is ActionState.IN_PROGRESS:
            self._set_action(view, cause.action, ActionState.SUCCEEDED if cause.succeeded else ActionState.FAILED)

    def _rule_settled(self, cause: RuleSettled) -> None:
        view = self.views.get(cause.execution)
        condition = view.conditions.get(cause.kind) if view and view.stage == cause.stage else None
        if view and condition and condition.rules.get(cause.rule) is RuleState.IN_PROGRESS:
            self._set_rule(view, cause.kind, cause.rule, SETTLED[cause.outcome])

    def _apply(self, effect: Effect) -> None:
        view = self.views[effect.execution]
        match effect:
            case ArriveAtStage():
                self._put(
                    view,
                    stage=effect.stage,
                    waiting=True,
                    stale=False,
                    stage_state=None,
                    actions={},
                    conditions={},
                    auto_retried=False,
                )
            case EnterStage():
                assert view.waiting, "entered without having waited"
                self.entered.setdefault(effect.stage, []).append(view.id)
                self._put(view, waiting=False, stage_state=StageState.IN_PROGRESS, actions={})
            case ResumeStage():
                self._resume(view, effect)
            case StartAction():
                assert effect.action not in view.actions, "started twice in one attempt"
                assert view.state is ExecutionState.IN_PROGRESS, "started while the execution comes to its end"
                self._put(view, actions={**view.actions, effect.action: ActionState.IN_PROGRESS})
            case MoveAction():
                self._set_action(view, effect.action, effect.state)
            case StartCondition():
                assert effect.kind not in view.conditions, "asked twice in one attempt"
                assert view.state is ExecutionState.IN_PROGRESS, "asked while the execution comes to its end"
                assert not view.has_running_actions, "rules and actions run at different times"
                started = ConditionView(ConditionState.IN_PROGRESS)
                self._put(view, conditions={**view.conditions, effect.kind: started})
            case StartRule():
                condition = view.conditions[effect.kind]
                assert effect.rule not in condition.rules, "started twice"
                rules = {**condition.rules, effect.rule: RuleState.IN_PROGRESS}
                self._put_condition(view, effect.kind, replace(condition, rules=rules))
            case MoveRule():
                self._set_rule(view, effect.kind, effect.rule, effect.state)
            case MoveCondition():
                condition = view.conditions[effect.kind]
                check_move(CONDITION_MOVES, condition.state, effect.state)
                assert RuleState.IN_PROGRESS not in condition.rules.values(), "ended with rules that still run"
                self._put_condition(view, effect.kind, replace(condition, state=effect.state))
            case RollBack():
                assert view.state is ExecutionState.FAILED, "rolled back without having failed"
                assert not view.rollback, "a rollback brings about no other"
            case MoveStage():
                check_move(STAGE_MOVES, view.stage_state, effect.state)
                self._put(view, stage_state=effect.state)
                if effect.state is StageState.SUCCEEDED and not view.rollback:
                    self.succeeded_in.setdefault(effect.stage, []).append(view)
            case MoveExecution():
                check_move(EXECUTION_MOVES, view.state, effect.state)
                self._put(view, state=effect.state)

    def _resume(self, view: ExecutionView, effect: ResumeStage) -> None:
        if view.state is not ExecutionState.IN_PROGRESS:
            check_move(EXECUTION_MOVES, view.state, ExecutionState.IN_PROGRESS)
        if view.stage_state is not StageState.IN_PROGRESS:
            check_move(STAGE_MOVES, view.stage_state, StageState.IN_PROGRESS)
        by_itself = effect.trigger is RetryTrigger.AUTOMATED
        assert not (by_itself and view.auto_retried), "a stage has one automatic attempt"
        self._put(
            view,
            state=ExecutionState.IN_PROGRESS,
            stage_state=StageState.IN_PROGRESS,
            actions={name: state for name, state in view.actions.items() if name not in effect.repeated},
            conditions={kind: each for kind, each in view.conditions.items() if kind not in effect.reconsidered},
            auto_retried=view.auto_retried or by_itself,
        )

    def _set_rule(self, view: ExecutionView, kind: Kind, rule: str, state: RuleState) -> None:
        condition = view.conditions[kind]
        check_move(RULE_MOVES, condition.rules[rule], state)
        self._put_condition(view, kind, replace(condition, rules={**condition.rules, rule: state}))

    def _put_condition(self, view: ExecutionView, kind: Kind, condition: ConditionView) -> None:
        self._put(view, conditions={**view.conditions, kind: condition})

    def _set_action(self, view: ExecutionView, action: str, state: ActionState) -> None:
        check_move(ACTION_MOVES, view.actions[action], state)
        self._put(view, actions={**view.actions, action: state})

    def _put(self, view: ExecutionView, **fields: Any) -> None:
        self.views[view.id] = replace(view, **fields)
