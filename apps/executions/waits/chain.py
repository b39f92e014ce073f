"""Why an execution is not moving, and what its reason waits for in turn: the last link is the one to fix. Pure.

Source: reference, portal and marketplace, section 5.1; for what holds at an entry, codepipeline section 5.6 to 5.9.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .facts import Asked, Gate, Scene, Standing, Work


class Reason(StrEnum):
    """Ordered: of what goes on side by side in a stage the first counts, for somebody has to do something about it."""

    APPROVAL = "approval"
    WORKER = "worker"  # nobody has taken the job
    CONDITION = "condition"
    RETRY = "retry"
    EXTERNAL = "external"  # what happens elsewhere
    RUNNING = "running"
    SETTLING = "settling"  # a result is being taken in
    TRANSITION = "transition"
    OCCUPIED = "stage occupied"
    QUEUE = "queue"
    STALE = "stale"
    STOPPING = "stopping"


class EndedBy(StrEnum):
    """Who or what can end it."""

    RELEASER = "releaser"
    DEVELOPER = "developer"
    JOB_WORKER = "job worker"
    OPERATOR = "operator"
    PEER = "peer"
    TIME = "time"


RANK = {reason: place for place, reason in enumerate(Reason)}
MOVING = frozenset({Reason.RUNNING, Reason.SETTLING})
OVERRIDABLE = frozenset({"BEFORE_ENTRY", "ON_SUCCESS"})


@dataclass(frozen=True)
class Wait:
    """One link. `behind` is what it waits for in turn. `until`: when it ends by itself, or is looked at again.

    Shapes: `subject` is the type of an action or rule; `by` an ARN; `note` what somebody or something said; `place` is
    the place in a line, or the attempt or the approvals given, of `most`; `condition` the kind of condition that asks.
    """

    reason: Reason
    execution: UUID
    number: int
    stage: str
    since: datetime
    until: datetime | None = None
    ended_by: EndedBy = EndedBy.TIME
    action: str = ""
    subject: str = ""
    by: str = ""
    note: str = ""
    place: int = 0
    most: int = 0
    condition: str = ""
    asked: Asked | None = None
    behind: "Wait | None" = None

    @property
    def is_moving(self) -> bool:
        return self.reason in MOVING

    @property
    def chain(self) -> tuple["Wait", ...]:
        """This link and those behind it."""
        return (self, *self.behind.chain) if self.behind else (self,)

    @property
    def last(self) -> "Wait":
        """The link to fix."""
        return self.chain[-1]


def why(scene: Scene, now: datetime) -> tuple[Wait, ...]:
    """Return for each execution in flight what it waits for, oldest start first."""
    return tuple(_why(scene, execution, now) for execution in scene.executions)


def _why(scene: Scene, execution: Standing, now: datetime) -> Wait:
    if execution.is_waiting:
        return _at_an_entry(scene, execution, now)
    return _inside(scene, execution, now)


def _at_an_entry(scene: Scene, execution: Standing, now: datetime) -> Wait:
    if not scene.is_parallel:
        line = [each for each in scene.executions if each.is_waiting and each.stage == execution.stage]
        if line[0] is not execution:
            first = _at_an_entry(scene, line[0], now)
            place = line.index(execution) + 1
            return replace(_link(execution, Reason.QUEUE), place=place, behind=first, ended_by=first.ended_by)
    if gate := _gate(scene, execution):
        closed = _link(execution, Reason.TRANSITION, since=gate.since, ended_by=EndedBy.RELEASER)
        return replace(closed, by=gate.by, note=gate.reason)
    holders = (each for each in scene.executions if each.holds_its_stage and each.stage == execution.stage)
    if not scene.is_parallel and (holder := next(holders, None)):
        held = _inside(scene, holder, now)
        return replace(_link(execution, Reason.OCCUPIED), behind=held, ended_by=held.ended_by)
    if execution.is_stale:
        return _link(execution, Reason.STALE, ended_by=EndedBy.DEVELOPER)
    return _link(execution, Reason.SETTLING)


def _gate(scene: Scene, execution: Standing) -> Gate | None:
    """Return what is closed before the execution: the stage's own transition, or the one out of the stage before."""
    own = scene.gates.get((execution.stage, "Inbound"))
    return own or (scene.gates.get((execution.before, "Outbound")) if execution.before else None)


def _inside(scene: Scene, execution: Standing, now: datetime) -> Wait:
    of_work = [_of_work(scene, execution, work, now) for work in execution.work]
    found = sorted(of_work, key=lambda wait: (RANK[wait.reason], wait.since))
    if execution.is_ending:
        return replace(_link(execution, Reason.STOPPING), behind=found[0] if found else None)
    return found[0] if found else _link(execution, Reason.SETTLING)


def _of_work(scene: Scene, execution: Standing, work: Work, now: datetime) -> Wait:
    reason, ended_by = _judged(work, now)
    until = work.deadline_at
    if work.available_at and work.available_at > now and reason in (Reason.CONDITION, Reason.EXTERNAL):
        until = work.available_at
    place, most = _progress(scene, work, reason)
    return Wait(
        reason=reason,
        execution=execution.id,
        number=execution.number,
        stage=execution.stage,
        since=work.since,
        until=until,
        ended_by=ended_by,
        action=work.name,
        subject=work.type,
        note=work.summary,
        place=place,
        most=most,
        condition=work.condition,
        asked=work.asked,
    )


def _progress(scene: Scene, work: Work, reason: Reason) -> tuple[int, int]:
    """Return how far it has come, and of how much; zeros where there is nothing to count."""
    if reason is Reason.RETRY:
        return work.tries + 1, scene.most_tries
    return (work.given, work.needed) if reason is Reason.APPROVAL else (0, 0)


def _judged(work: Work, now: datetime) -> tuple[Reason, EndedBy]:
    """Return why an action or a rule is not done yet, by who does it and how far its job is."""
    if work.condition:
        return Reason.CONDITION, EndedBy.RELEASER if work.condition in OVERRIDABLE else EndedBy.TIME
    match work.performer, work.state:
        case "person", _:
            return Reason.APPROVAL, EndedBy.RELEASER
        case "outside", "Queued":
            return Reason.WORKER, EndedBy.JOB_WORKER
        case "outside", _:
            return Reason.EXTERNAL, EndedBy.JOB_WORKER
        case "worker", "Queued" if work.tries:
            return Reason.RETRY, EndedBy.TIME
        case "worker", _ if work.is_continued:
            return Reason.EXTERNAL, EndedBy.PEER
        case "worker", "Queued":
            return Reason.WORKER, EndedBy.OPERATOR
        case "worker", _:
            return Reason.RUNNING, EndedBy.TIME
    return Reason.SETTLING, EndedBy.TIME


def _link(
    execution: Standing, reason: Reason, *, since: datetime | None = None, ended_by: EndedBy = EndedBy.TIME
) -> Wait:
    return Wait(reason, execution.id, execution.number, execution.stage, since or execution.since, ended_by=ended_by)
