"""Reads what a batch of log entries leaves to the rows that they speak of, in a few queries for the whole batch."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.events.models import Event
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.jobs.models import Job
from apps.notifications.engine.messages import Approval, Surroundings
from apps.notifications.engine.wire_events import ACTION, STAGE, TOLD, ActionFacts, Entry, Facts
from apps.tenancy.models import Account

RETRY_ASKED, RETRIED, AUTOMATED = "StageRetryRequested", "StageResumed", "AutomatedStageRetry"
STOPPING, RESUMED = "ExecutionStopping", "ExecutionResumed"


class Books:
    """The rows of some events of one account."""

    def __init__(self, account: Account, entries: Sequence[Event]) -> None:
        self.account = account
        ids = {entry.execution_id for entry in entries if entry.execution_id}
        executions = PipelineExecution.objects.for_account(account).filter(pk__in=ids)
        self.executions = {row.pk: row for row in executions.defer("artifacts", "outputs", "overrides")}
        stages = StageExecution.objects.for_account(account).filter(execution__in=ids)
        self.stages = {(row.execution_id, row.stage): row for row in stages}
        actions = ActionExecution.objects.for_account(account).filter(execution__in=ids).order_by("started_at")
        self.actions = {row.pk: row for row in actions}
        self._retries: dict[UUID | None, list[tuple[int, str, datetime]]] = defaultdict(list)
        self._approvals: dict[UUID, datetime] | None = None
        self._stops: dict[UUID | None, list[tuple[int, str]]] = defaultdict(list)
        told = Event.objects.for_account(account).filter(execution_id__in=ids)
        for event in told.filter(kind__in=(RETRY_ASKED, RETRIED, STOPPING, RESUMED)).order_by("sequence"):
            if event.kind in (STOPPING, RESUMED):
                self._stops[event.execution_id].append((event.sequence, event.kind))
            elif event.kind == RETRY_ASKED or event.data.get("trigger") == AUTOMATED:
                self._retries[event.execution_id].append((event.sequence, event.stage, event.at))

    def entry(self, event: Event) -> Entry:
        assert event.execution_id is not None  # an event that is told is about an execution
        return Entry(
            account_number=self.account.number,
            sequence=event.sequence,
            kind=event.kind,
            at=event.at,
            pipeline=event.pipeline,
            execution_id=event.execution_id,
            stage=event.stage,
            action=event.action,
            action_execution_id=event.action_execution_id,
            reason=event.data.get("reason", ""),
        )

    def facts(self, event: Event) -> Facts | None:
        """Return the facts, None when the execution is forgotten already."""
        execution = self.executions.get(event.execution_id) if event.execution_id else None
        if execution is None:
            return None
        retries = [each for each in self._retries[event.execution_id] if each[0] <= event.sequence]
        of_stage = [at for _, stage, at in retries if stage == event.stage]
        action = self.actions.get(event.action_execution_id) if event.action_execution_id else None
        return Facts(
            version=execution.version,
            started_at=self._started_at(event, execution, action),
            retries=len(retries),
            was_stopping=self._was_stopping(event),
            trigger_type=execution.trigger_type,
            trigger_detail=execution.trigger_detail,
            source_event=execution.source_event,
            stage_retried_at=of_stage[-1] if of_stage else None,
            action=_action_facts(action) if action else None,
        )

    def _was_stopping(self, event: Event) -> bool:
        before = [kind for sequence, kind in self._stops[event.execution_id] if sequence < event.sequence]
        return before[-1:] == [STOPPING]

    def _started_at(self, event: Event, execution: PipelineExecution, action: ActionExecution | None) -> datetime:
        level, _ = TOLD[event.kind]
        if level == ACTION and action is not None:
            return action.started_at
        stage = self.stages.get((execution.pk, event.stage)) if level == STAGE else None
        return stage.entered_at if stage else execution.started_at

    def around(self, event: Event) -> Surroundings:
        """Return what a message with full detail tells beside the event."""
        of_execution = [row for row in self.actions.values() if row.execution_id == event.execution_id]
        latest = {row.action: row for row in of_execution if row.stage == event.stage and row.started_at <= event.at}
        failed = [row for row in latest.values() if row.state == "Failed"]
        action = self.actions.get(event.action_execution_id) if event.action_execution_id else None
        return Surroundings(
            failed_actions=[(row.action, _information(row)) for row in failed],
            failed_stage=event.stage,
            sources=[
                (row.action, row.action_type.split("/")[2], row.output_variables)
                for row in of_execution
                if row.action_type.startswith("Source/") and row.state == "Succeeded"
            ],
            information=_information(action) if action else "",
            configuration=action.resolved_configuration if action else {},
        )

    def approval(self, event: Event) -> Approval | None:
        """Return the approval that the event tells the start of, when it names a topic and could begin."""
        action = self.actions.get(event.action_execution_id) if event.action_execution_id else None
        if event.kind != "ActionStarted" or action is None or not action.action_type.startswith("Approval/"):
            return None
        configuration = action.resolved_configuration
        deadline = self._deadlines().get(action.pk)
        if not configuration.get("NotificationArn") or deadline is None:
            return None
        return Approval(
            pipeline=event.pipeline,
            stage=event.stage,
            action=event.action,
            token=str(action.pk),
            expires_at=deadline,
            topic=configuration["NotificationArn"].rpartition(":")[2],
            external_entity_link=configuration.get("ExternalEntityLink", ""),
            custom_data=configuration.get("CustomData", ""),
        )

    def _deadlines(self) -> dict[UUID, datetime]:
        """Return until when each approval waits for an answer. One that could not begin has no job and no deadline."""
        if self._approvals is None:
            ids = [row.pk for row in self.actions.values() if row.action_type.startswith("Approval/")]
            jobs = Job.objects.for_account(self.account).filter(action_execution_id__in=ids)
            self._approvals = dict(jobs.values_list("action_execution_id", "deadline_at"))
        return self._approvals


def _action_facts(row: ActionExecution) -> ActionFacts:
    return ActionFacts(
        action_type=row.action_type,
        region=row.region,
        input_artifacts=row.input_artifacts,
        output_artifacts=row.output_artifacts,
        external_id=row.external_id,
        external_url=row.external_url,
        summary=row.error_message or row.summary,
        error_code=row.error_code,
    )


def _information(row: ActionExecution) -> str:
    return row.error_message or row.summary
