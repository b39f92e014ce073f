"""What has to be known of a pipeline to say why its executions are not moving. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Asked:
    """The last time that a job worker asked for jobs of a type.

    Shapes: `by` is an ARN, empty for a job worker of the type's publisher; `is_late`: it is long ago.
    """

    at: datetime
    by: str
    is_late: bool = False


@dataclass(frozen=True)
class Work:
    """An action or a rule that is in progress, with the job it waits for.

    Shapes: `performer` and `state` are the job's, empty where there is none; `condition` is the kind of condition that
    asks the rule, empty for an action. `given` of `needed` people have approved. `tries` counts the job's
    interruptions. `asked` is about its type, if known.
    """

    name: str
    type: str
    since: datetime
    performer: str = ""
    state: str = ""
    available_at: datetime | None = None
    deadline_at: datetime | None = None
    is_continued: bool = False
    tries: int = 0
    summary: str = ""
    condition: str = ""
    asked: Asked | None = None
    given: int = 0
    needed: int = 1


@dataclass(frozen=True)
class Gate:
    """A disabled transition. Shapes: `by` is an ARN, `reason` what that person wrote."""

    by: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Standing:
    """An execution in flight: waiting at the entry of `stage` or inside it. `before` is the stage before it.

    `is_ending`: it is being stopped, abandoned or cancelled. `is_stale`: it has waited for more than 30 days.
    """

    id: UUID
    number: int
    stage: str
    since: datetime
    before: str | None = None
    is_waiting: bool = False
    is_ending: bool = False
    is_stale: bool = False
    holds_its_stage: bool = False
    work: tuple[Work, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A pipeline's executions in flight, oldest start first, and its disabled transitions by (stage, side).

    `most_tries` is how often a job may be interrupted before it fails.
    """

    executions: tuple[Standing, ...]
    gates: Mapping[tuple[str, str], Gate] = field(default_factory=dict)
    is_parallel: bool = False
    most_tries: int = 3
