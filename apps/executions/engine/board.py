"""The working copy of a snapshot during one decision: each change is a legal move, and is kept as an effect."""

from dataclasses import replace
from uuid import UUID

from .effects import (
    ArriveAtStage,
    Effect,
    EnterStage,
    MoveAction,
    MoveCondition,
    MoveExecution,
    MoveRule,
    MoveStage,
    ResumeStage,
    RetryTrigger,
    RollBack,
    StartAction,
    StartCondition,
    StartRule,
)
from .lifecycle import (
    ACTION_MOVES,
    CONDITION_MOVES,
    EXECUTION_MOVES,
    IN_FLIGHT,
    RULE_MOVES,
    STAGE_MOVES,
    ActionCause,
    ActionState,
    ConditionCause,
    ConditionState,
    ExecutionCause,
    ExecutionState,
    RuleCause,
    RuleState,
    StageCause,
    StageState,
    next_state,
)
from .plan import ConditionPlan, Kind, Mode, Plan, RetryMode, StagePlan
from .snapshot import ConditionView, ExecutionView, Side, Snapshot


class Board:
    """A pipeline while a decision is being made."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.base = snapshot
        self.executions = dict(snapshot.executions)
        self.latest_in_stage = dict(snapshot.latest_in_stage)
        self.reserved = set(snapshot.reserved)
        self.effects: list[Effect] = []
        self._waiters: dict[str, list[ExecutionView]] = {}  # as far as they were asked for since the last change

    def snapshot(self) -> Snapshot:
        in_flight = {view.id: view for view in self.executions.values() if view.state in IN_FLIGHT}
        return replace(
            self.base,
            executions=in_flight,
            latest_in_stage=self.latest_in_stage,
            reserved=frozenset(self.reserved),
        )

    def in_start_order(self) -> list[ExecutionView]:
        return sorted(self.executions.values(), key=lambda view: view.number)

    def plan(self, view: ExecutionView) -> Plan:
        return self.base.plans[view.version]

    def stage_plan(self, view: ExecutionView) -> StagePlan:
        stage = self.plan(view).stage(view.stage)
        assert stage is not None  # an execution stands at a stage of its own version
        return stage

    def is_locked(self, stage: str) -> bool:
        """Tell whether an execution is in the stage, or a rollback is about to be. PARALLEL executions lock nothing."""
        return stage in self.reserved or any(
            view.stage == stage and view.holds_its_stage and view.mode is not Mode.PARALLEL
            for view in self.executions.values()
        )

    def is_open(self, stage: str, plan: Plan) -> bool:
        """Tell whether the transition into `stage` lets executions through, on both of its sides."""
        before = plan.before(stage)
        return (stage, Side.INBOUND) not in self.base.closed and (
            before is None or (before, Side.OUTBOUND) not in self.base.closed
        )

    def waiters(self, stage: str) -> list[ExecutionView]:
        """Return who waits at the entry of `stage`, oldest start first. Each of them asks, so it is kept."""
        if stage not in self._waiters:
            found = [
                view
                for view in self.executions.values()
                if view.waiting
                and view.stage == stage
                and view.state is ExecutionState.IN_PROGRESS
                and view.mode is not Mode.PARALLEL
            ]
            self._waiters[stage] = sorted(found, key=lambda view: view.number)
        return self._waiters[stage]

    def add(self, view: ExecutionView) -> None:
        self.executions[view.id] = view
        self._waiters.clear()

    def arrive(self, execution: UUID, stage: str) -> None:
        self._change(
            execution,
            stage=stage,
            waiting=True,
            stale=False,
            stage_state=None,
            actions={},
            conditions={},
            auto_retried=False,
        )
        self.effects.append(ArriveAtStage(execution, stage))

    def enter(self, execution: UUID) -> None:
        """Lock the stage: from now on this is its latest execution."""
        view = self._change(execution, waiting=False, stage_state=StageState.IN_PROGRESS, actions={})
        self.latest_in_stage[view.stage] = execution
        self.effects.append(EnterStage(execution, view.stage))

    def resume(
        self,
        execution: UUID,
        mode: RetryMode,
        trigger: RetryTrigger,
        *,
        repeated: tuple[str, ...],
        reconsidered: tuple[Kind, ...],
    ) -> None:
        view = self.executions[execution]
        state, stage_state = view.state, view.stage_state
        if state is not ExecutionState.IN_PROGRESS:
            state = next_state(EXECUTION_MOVES, state, ExecutionCause.STAGE_RETRIED)
        if stage_state is not StageState.IN_PROGRESS:
            stage_state = next_state(STAGE_MOVES, stage_state or StageState.SKIPPED, StageCause.RETRIED)
        self._change(
            execution,
            state=state,
            stage_state=stage_state,
            actions={name: each for name, each in view.actions.items() if name not in repeated},
            conditions={kind: each for kind, each in view.conditions.items() if kind not in reconsidered},
            auto_retried=view.auto_retried or trigger is RetryTrigger.AUTOMATED,
        )
        self.effects.append(ResumeStage(execution, view.stage, mode, trigger, repeated, reconsidered))

    def start_action(self, execution: UUID, action: str) -> None:
        view = self.executions[execution]
        self._change(execution, actions={**view.actions, action: ActionState.IN_PROGRESS})
        self.effects.append(StartAction(execution, view.stage, action))

    def settle_action(self, execution: UUID, action: str, cause: ActionCause, *, tell: bool) -> None:
        """Move an action to its end. `tell`: the shell does not know of it yet."""
        view = self.executions[execution]
        state = next_state(ACTION_MOVES, view.actions[action], cause)
        self._change(execution, actions={**view.actions, action: state})
        if tell:
            self.effects.append(MoveAction(execution, view.stage, action, state))

    def start_condition(self, execution: UUID, plan: ConditionPlan) -> None:
        """Begin an evaluation, with all of its rules."""
        view = self.executions[execution]
        started = ConditionView(ConditionState.IN_PROGRESS, dict.fromkeys(plan.rules, RuleState.IN_PROGRESS))
        self._change(execution, conditions={**view.conditions, plan.kind: started})
        self.effects.append(StartCondition(execution, view.stage, plan.kind))
        self.effects.extend(StartRule(execution, view.stage, plan.kind, rule) for rule in plan.rules)

    def settle_rule(self, execution: UUID, kind: Kind, rule: str, cause: RuleCause, *, tell: bool) -> None:
        """Move a rule to its end. `tell`: the shell does not know of it yet."""
        view = self.executions[execution]
        condition = view.conditions[kind]
        state = next_state(RULE_MOVES, condition.rules[rule], cause)
        self._put_condition(view, kind, replace(condition, rules={**condition.rules, rule: state}))
        if tell:
            self.effects.append(MoveRule(execution, view.stage, kind, rule, state))

    def move_condition(self, execution: UUID, kind: Kind, cause: ConditionCause) -> None:
        """Move a condition. Rules that still run are given up."""
        for rule, rule_state in self.executions[execution].conditions[kind].rules.items():
            if rule_state is RuleState.IN_PROGRESS:
                self.settle_rule(execution, kind, rule, RuleCause.ABANDON, tell=True)
        view = self.executions[execution]
        condition = view.conditions[kind]
        state = next_state(CONDITION_MOVES, condition.state, cause)
        self._put_condition(view, kind, replace(condition, state=state))
        self.effects.append(MoveCondition(execution, view.stage, kind, state))

    def ask_for_rollback(self, execution: UUID, stage: str) -> None:
        """Keep the stage free for a rollback, which the shell starts if there is something to go back to."""
        self.reserved.add(stage)
        self.effects.append(RollBack(execution, stage))

    def move_stage(self, execution: UUID, cause: StageCause) -> None:
        view = self.executions[execution]
        state = next_state(STAGE_MOVES, view.stage_state or StageState.SKIPPED, cause)
        self._change(execution, stage_state=state)
        self.effects.append(MoveStage(execution, view.stage, state))

    def move_execution(self, execution: UUID, cause: ExecutionCause, *, by: UUID | None = None) -> None:
        state = next_state(EXECUTION_MOVES, self.executions[execution].state, cause)
        self._change(execution, state=state)
        self.effects.append(MoveExecution(execution, state, by))

    def _put_condition(self, view: ExecutionView, kind: Kind, condition: ConditionView) -> None:
        self._change(view.id, conditions={**view.conditions, kind: condition})

    def _change(self, execution: UUID, **fields: object) -> ExecutionView:
        view = replace(self.executions[execution], **fields)  # type: ignore[arg-type]
        self.executions[execution] = view
        self._waiters.clear()
        return view
