"""Histories that a running Headrace kept, decided again by this version of the engine (INV-30).

What set the engine going stands in the log: creations, starts, results. They are given to it again in the order of the
log, and what it decides must be what stands between them. Several processes of several versions may have written it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.actions.services import create_custom_action_type
from apps.events.models import Event
from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.services import start_execution
from apps.jobs.models import Job
from apps.jobs.services import acknowledge_job, claim_jobs, finish_job, offer_jobs
from apps.jobs.states import JobState
from apps.pipelines.models import PipelineVersion
from apps.pipelines.services import create_pipeline
from apps.tenancy.models import Account
from tests.simulation.recorded import Decisions, first_difference
from tests.simulation.workers import HOLDER, outcome

FIELDS = ("kind", "at", "pipeline", "execution_id", "stage", "action", "action_execution_id", "data")
BATCH = 50


@dataclass(frozen=True)
class KeptHistory:
    """The log of an account, and the definitions that it speaks of. Shapes: `number` is the account's."""

    number: str
    declarations: dict[str, Any]
    log: list[Event]

    @staticmethod
    def of_account(number: str) -> "KeptHistory":
        account = Account.objects.get(number=number)
        versions = PipelineVersion.objects.for_account(account)
        log = Event.objects.for_account(account).order_by("sequence")
        return KeptHistory(number, {each.declaration["name"]: each.declaration for each in versions}, list(log))

    @staticmethod
    def from_json(facts: dict[str, Any]) -> "KeptHistory":
        log = [Event(**row | {"at": datetime.fromisoformat(row["at"])}) for row in facts["log"]]
        return KeptHistory(facts["number"], facts["declarations"], log)

    def as_json(self) -> str:
        log = [{name: getattr(event, name) for name in FIELDS} for event in self.log]
        return json.dumps({"number": self.number, "declarations": self.declarations, "log": log}, default=str, indent=0)

    def decisions(self) -> list[str]:
        made = Decisions()
        made.take_down(self.log, self.number, began=self.log[0].at)
        return made.lines


def decide_again(history: KeptHistory) -> str | None:
    """Return where this version decides otherwise, in words; None when it decides the same. In an empty database."""
    account = Account.objects.create(name="again")
    text = json.dumps(history.declarations).replace(history.number, account.number)
    declarations = json.loads(text.replace(f"headrace-{history.number}", account.artifact_bucket))
    for type_id in _types_of(declarations):
        _declare(account, type_id, history.log[0].at)
    executions = _Numbered(history.log)
    for event in history.log:
        by = event.data.get("by", "").replace(history.number, account.number)
        if event.kind == "PipelineCreated":
            create_pipeline(account, declarations[event.pipeline], tags={}, by=by, now=event.at)
        elif event.kind == "ExecutionStarted" and event.data["trigger_type"] != "CreatePipeline":
            detail = event.data["trigger_detail"].replace(history.number, account.number)
            trigger = event.data["trigger_type"]
            start_execution(account, event.pipeline, trigger_type=trigger, trigger_detail=detail, now=event.at)
        elif event.kind == "JobSucceeded":
            try:
                _succeed(account, event, executions.number_of(event))
            except ActionExecution.DoesNotExist:
                break  # it has decided otherwise before: the comparison says where
    return first_difference(history.decisions(), KeptHistory.of_account(account.number).decisions())


class _Numbered:
    """Executions by their numbers, which they have in each history."""

    def __init__(self, log: list[Event]) -> None:
        self._numbers = {str(event.execution_id): event.data["number"] for event in log if "number" in event.data}

    def number_of(self, event: Event) -> int:
        return int(self._numbers[str(event.execution_id)])


def _types_of(declarations: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Return the custom action types, each once."""
    stages = [stage for each in declarations.values() for stage in each["stages"]]
    types = {json.dumps(action["actionTypeId"]) for stage in stages for action in stage["actions"]}
    return (type_id for type_id in map(json.loads, sorted(types)) if type_id["owner"] == "Custom")


def _declare(account: Account, type_id: dict[str, str], now: datetime) -> None:
    inputs = {"minimumCount": 0, "maximumCount": 0 if type_id["category"] == "Source" else 5}
    named = {key: type_id[key] for key in ("category", "provider", "version")}
    outputs = {"minimumCount": 0, "maximumCount": 5}
    declared = {**named, "inputArtifactDetails": inputs, "outputArtifactDetails": outputs}
    create_custom_action_type(account, declared, {}, now=now)


def _succeed(account: Account, event: Event, number: int) -> None:
    """Have the job of an action done, as it was."""
    execution = PipelineExecution.objects.for_account(account).get(pipeline__name=event.pipeline, number=number)
    rows = ActionExecution.objects.for_account(account).filter(execution=execution, is_current=True)
    action = rows.get(stage=event.stage, action=event.action)
    jobs = Job.objects.for_account(account).filter(action_execution_id=action.pk)
    while (job := jobs.get()).state == JobState.QUEUED:
        _hand_out(account, job, event.at)
    finish_job(account, job.pk, outcome("succeed"), now=event.at)


def _hand_out(account: Account, job: Job, now: datetime) -> None:
    """Give jobs to those who wait for jobs of its kind. Which of them come first is nothing that the engine decides."""
    if job.performer == "worker":
        assert claim_jobs(HOLDER, limit=BATCH, now=now), job
        return
    offered = offer_jobs(account, job.action_type, query_value="", limit=BATCH, now=now)
    assert offered, job
    for each in offered:
        acknowledge_job(account, each.pk, each.nonce)
