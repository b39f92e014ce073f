"""Carrying a decision out: one pipeline, under its lock, in one transaction."""

from collections import deque
from datetime import datetime
from typing import Any
from uuid import UUID

from apps import events
from apps.actions.catalogue import AccountCatalogue
from apps.core.statements import insert, update
from apps.executions.engine import (
    ActionSettled,
    ActionState,
    ArriveAtStage,
    Cause,
    Effect,
    EnterStage,
    ExecutionState,
    Mode,
    MoveAction,
    MoveCondition,
    MoveExecution,
    MoveRule,
    MoveStage,
    ResumeStage,
    RetryTrigger,
    RollBack,
    StageState,
    StartAction,
    StartCondition,
    StartRule,
    decide,
)
from apps.executions.engine.lifecycle import HOLDING_THE_STAGE, IN_FLIGHT
from apps.executions.models import AT_AN_ENTRY, ActionExecution, ConditionExecution, PipelineExecution, StageExecution
from apps.executions.shell import conditions, rollback
from apps.executions.shell.loading import Asked, load, snapshot_of
from apps.executions.shell.starting import start_action
from apps.executions.statements import NOT_LATEST
from apps.jobs.services import void_jobs
from apps.pipelines.models import Pipeline


class Advance:
    """Takes causes in and does what the engine says, until nothing more follows.

    The caller holds the pipeline's lock inside `events.transaction()` and calls `save` at the end. `about` names the
    execution that the cause concerns, if it is one, `asked` what was asked ahead; `target` one that may have ended, to
    be retried or let pass. `override_note` is kept with a condition that is overridden.
    """

    override_note = ""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        now: datetime,
        about: UUID | None = None,
        target: UUID | None = None,
        asked: Asked | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.account = pipeline.account
        self.now = now
        self.catalogue = AccountCatalogue(pipeline.account)
        self.rows = load(pipeline, about=about or target, target=target, asked=asked)
        self.snapshot = snapshot_of(pipeline, self.rows, now=now, with_latest=target is not None)
        self._changed: dict[UUID, PipelineExecution] = {}
        self._arrived: set[UUID] = set()
        self._stage_key = asked.stage_key if asked else None

    def take(self, cause: Cause) -> None:
        """Raises the EngineRefusal of a cause that cannot be served."""
        causes = deque([cause])
        while causes:
            decision = decide(self.snapshot, causes.popleft())
            self.snapshot = decision.snapshot
            for effect in decision.effects:
                if follows := self._apply(effect):
                    causes.append(follows)

    def begin(self, row: PipelineExecution) -> None:
        """Take in an execution that is not written yet. `save` writes it once, after what the engine made of it."""
        self.rows.executions[row.pk] = self._changed[row.pk] = row

    def save(self) -> None:
        """Write the executions that changed, and note who is left waiting."""
        for row in self._changed.values():
            row.updated_at = self.now
            if row._state.adding:
                insert(row)  # what points to it is checked when the transaction ends
            else:
                update(row, *PipelineExecution.changing_fields())
            if row.pk in self._arrived and row.waiting and row.state == ExecutionState.IN_PROGRESS:
                self.record("ExecutionWaiting", row, stage=row.stage)

    def change(self, execution: UUID) -> PipelineExecution:
        """Return an execution's row that is about to be changed."""
        return self._changed.setdefault(execution, self.rows.executions[execution])

    def record(self, kind: str, execution: PipelineExecution, **facts: Any) -> None:
        events.record(
            kind,
            account=self.account,
            at=self.now,
            pipeline=self.pipeline.name,
            execution_id=execution.pk,
            number=execution.number,
            **facts,
        )

    def _apply(self, effect: Effect) -> Cause | None:
        match effect:
            case ArriveAtStage():
                self._arrive(effect)
            case EnterStage():
                self._enter(effect)
            case ResumeStage():
                self._resume(effect)
            case StartAction():
                return self._start_action(effect)
            case MoveAction():
                self._move_action(effect)
            case StartCondition():
                conditions.start_condition(self, effect)
            case StartRule():
                return conditions.start_rule(self, effect)
            case MoveRule():
                conditions.move_rule(self, effect)
            case MoveCondition():
                conditions.move_condition(self, effect)
            case RollBack():
                return rollback.roll_back_by_itself(self, effect)
            case MoveStage():
                self._move_stage(effect)
            case MoveExecution():
                self._move_execution(effect)
        return None

    def _arrive(self, effect: ArriveAtStage) -> None:
        row = self.change(effect.execution)
        row.stage, row.waiting, row.waiting_since = effect.stage, True, self.now
        self._arrived.add(row.pk)

    def _enter(self, effect: EnterStage) -> None:
        row = self.change(effect.execution)
        row.waiting, row.waiting_since = False, None
        place = {"pipeline": self.pipeline, "stage": effect.stage, "in_parallel": row.mode == Mode.PARALLEL}
        NOT_LATEST.order(pipeline=self.pipeline.pk, stage=effect.stage, in_parallel=row.mode == Mode.PARALLEL)
        key = self._stage_key() if self._stage_key else None
        self._stage_key = None
        entered = StageExecution(pk=key, **place, account=self.account, execution=row, entered_at=self.now)
        insert(entered)
        self.rows.stages[effect.execution, effect.stage] = entered
        self.record("StageStarted", row, stage=effect.stage)

    def _resume(self, effect: ResumeStage) -> None:
        row, stage = self.change(effect.execution), self.rows.stages[effect.execution, effect.stage]
        if stage.state != StageState.IN_PROGRESS:
            row.state, row.ended_at, row.status_summary = ExecutionState.IN_PROGRESS, None, ""
            self.record("ExecutionResumed", row, trigger=effect.trigger)
            self.record("StageResumed", row, stage=effect.stage, mode=effect.mode, trigger=effect.trigger)
        stage.state, stage.ended_at, stage.latest_retry = StageState.IN_PROGRESS, None, effect.trigger
        stage.manual_retries += effect.trigger is RetryTrigger.MANUAL
        stage.automatic_retries += effect.trigger is RetryTrigger.AUTOMATED
        update(stage, "state", "ended_at", "latest_retry", "manual_retries", "automatic_retries")
        repeated = [self.rows.actions[effect.execution, effect.stage, name].pk for name in effect.repeated]
        ActionExecution.objects.filter(pk__in=repeated).update(is_current=False)
        asked = [self.rows.conditions[effect.execution, kind].pk for kind in effect.reconsidered]
        if asked:
            ConditionExecution.objects.filter(pk__in=asked).update(is_current=False)

    def _start_action(self, effect: StartAction) -> Cause | None:
        row = self.change(effect.execution)
        stage = self.rows.stages[effect.execution, effect.stage]
        place = (effect.execution, effect.stage, effect.action)
        earlier = (
            ActionExecution.objects.filter(stage_execution=stage, action=effect.action).count()
            if stage.latest_retry
            else 0
        )
        action = start_action(self, row, stage, effect.action, attempt=earlier + 1)
        self.rows.actions[place] = action
        if action.state == ActionState.FAILED:
            return ActionSettled(effect.execution, effect.stage, effect.action, succeeded=False)
        return None

    def _move_action(self, effect: MoveAction) -> None:
        row = self.rows.executions[effect.execution]
        action = self.rows.actions[effect.execution, effect.stage, effect.action]
        action.state, action.updated_at, action.ended_at = effect.state, self.now, self.now
        update(action, "state", "updated_at", "ended_at")
        void_jobs([action.pk])
        self.record(
            f"Action{effect.state}", row, stage=effect.stage, action=effect.action, action_execution_id=action.pk
        )

    def _move_stage(self, effect: MoveStage) -> None:
        row, stage = self.rows.executions[effect.execution], self.rows.stages[effect.execution, effect.stage]
        stage.state = effect.state
        stage.ended_at = None if effect.state in HOLDING_THE_STAGE else self.now
        update(stage, "state", "ended_at")
        self.record(f"Stage{effect.state}", row, stage=effect.stage)

    def _move_execution(self, effect: MoveExecution) -> None:
        row = self.change(effect.execution)
        row.state, row.superseded_by = effect.state, effect.superseded_by
        row.ended_at = None if effect.state in IN_FLIGHT else self.now
        if row.waiting and effect.state in {ExecutionState.STOPPED, ExecutionState.CANCELLED}:
            turned_away = PipelineExecution.objects.filter(AT_AN_ENTRY, pipeline=self.pipeline, stage=row.stage)
            turned_away.exclude(state=ExecutionState.IN_PROGRESS).update(waiting=False)
        facts = {"superseded_by": str(effect.superseded_by)} if effect.superseded_by else {}
        if row.stop_reason:
            facts["reason"] = row.stop_reason
        self.record(f"Execution{effect.state}", row, stage=row.stage, **facts)
