"""What the log says happened: the checks hold it against the rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.core.statements import Statement
from apps.events.chain import event_hash
from apps.events.models import GENESIS, Event
from apps.executions.models import PipelineExecution
from apps.pipelines.models import PipelineVersion
from tests.simulation.checks.picture import Picture
from tests.simulation.checks.tables import ACTION_ENDS, MOVES
from tests.simulation.steps import Violation
from tests.simulation.world import World

Problems = Iterable[str]  # what a check finds
EVENTS = Statement(
    lambda account, after: Event.objects.filter(account=account, sequence__gt=after).order_by("sequence"),
    account=Event.account,
    after=Event.sequence,
)


class Log:
    """The log of a world's account, read once as it grows, and what it said happened."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sequence, self.head = 0, GENESIS
        self.states: dict[tuple[str, UUID, str], str] = {}
        self.settled: set[UUID] = set()
        self.job_ends: Counter[str] = Counter()
        self.continued: Counter[UUID] = Counter()
        self.entered: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.shut: set[tuple[str, str]] = set()
        self.stopping: set[UUID] = set()
        self.plans: dict[tuple[int, int], dict[str, Any]] = {}

    def plan(self, row: PipelineExecution) -> dict[str, Any]:
        """Return the definition that an execution runs by."""
        key = (row.pipeline_id, row.version)
        if key not in self.plans:
            found = PipelineVersion.objects.get(pipeline_id=row.pipeline_id, version=row.version)
            self.plans[key] = {stage["name"]: stage for stage in found.declaration["stages"]}
        return self.plans[key]

    def read_on(self, now: Picture) -> None:
        """Read what is new. Raises Violation: INV-28, and what only the order of events shows."""
        for event in EVENTS.rows(account=self.world.account.pk, after=self.sequence):
            if event.sequence != self.sequence + 1 or event.previous_hash != self.head:
                raise Violation(f"INV-28: event {event.sequence} does not follow {self.sequence}")
            facts = {
                name: getattr(event, name)
                for name in (
                    "kind", "account_id", "at", "pipeline", "execution_id", "stage", "action", "action_execution_id",
                    "data", "sequence",
                )
            }  # fmt: skip
            if event_hash(self.head, facts) != event.hash:
                raise Violation(f"INV-28: the hash of event {event.sequence} is not that of its content")
            self.sequence, self.head = event.sequence, event.hash
            self._read(event, now)

    def _read(self, event: Event, now: Picture) -> None:
        subject, state = _subject_and_state(event.kind)
        if subject == "Execution" and event.execution_id:
            self._read_execution(event, state)
        elif subject == "Stage" and event.execution_id:
            self._read_stage(event, state, now)
        elif subject == "Action" and event.action_execution_id:
            self._read_action(event, state)
        elif event.kind in {"JobSucceeded", "JobFailed", "JobTimedOut", "JobContinued"}:
            self.job_ends[event.data["job"]] += 1
            if event.kind == "JobContinued" and event.action_execution_id:
                self.continued[event.action_execution_id] += 1
        elif event.kind in {"TransitionDisabled", "TransitionEnabled"}:
            gate = (event.stage, event.data["side"])
            self.shut = self.shut | {gate} if event.kind == "TransitionDisabled" else self.shut - {gate}
        elif event.kind == "PipelineUpdated":
            kept = set(self.world.stage_names())
            self.shut = {(stage, side) for stage, side in self.shut if stage in kept}
        elif event.kind == "PipelineDeleted":
            self.shut = set()
            self.entered.clear()

    def _read_execution(self, event: Event, state: str) -> None:
        if event.kind == "ExecutionStopRequested":
            self.stopping.add(event.execution_id)
        if state in {"Started", "Resumed"}:
            self.stopping.discard(event.execution_id)
        if state:
            self.states["Execution", event.execution_id, ""] = (
                "InProgress" if state in {"Started", "Resumed"} else state
            )

    def _read_stage(self, event: Event, state: str, now: Picture) -> None:
        if not state:
            return
        key = ("Stage", event.execution_id, event.stage)
        self.states[key] = "InProgress" if state in {"Started", "Resumed"} else state
        row = now.executions[event.execution_id]
        if state != "Started" or row.type == "ROLLBACK":
            return
        plan = list(self.plan(row))
        before = plan[plan.index(event.stage) - 1] if plan.index(event.stage) else None
        if {(event.stage, "Inbound"), (before, "Outbound")} & self.shut:
            raise Violation(f"INV-18: execution {row.number} entered {event.stage} through a disabled transition")
        if row.mode == "QUEUED":
            self.entered[str(row.pipeline_id), event.stage].append(row.number)

    def _read_action(self, event: Event, state: str) -> None:
        key = event.action_execution_id
        if state == "Started":
            if event.execution_id in self.stopping:
                raise Violation(f"INV-19: {event.stage}/{event.action} started after a stop was asked for")
            self.states["Action", key, ""] = "InProgress"
        elif state in ACTION_ENDS:
            if key in self.settled:
                raise Violation(f"INV-10: {event.stage}/{event.action} ended twice")
            self.settled.add(key)
            self.states["Action", key, ""] = state


def _subject_and_state(kind: str) -> tuple[str, str]:
    for subject in ("Execution", "Stage", "Action"):
        if kind.startswith(subject):
            state = kind.removeprefix(subject)
            known = {"Started", "Resumed", *MOVES, "Cancelling", "Abandoning", "Skipped", "Abandoned", "Rejected"}
            return subject, state if state in known else ""
    return "", ""
