"""What sets the engine going."""

from dataclasses import dataclass
from uuid import UUID

from .lifecycle import RuleCause
from .plan import Kind, Mode, RetryMode


@dataclass(frozen=True)
class ExecutionStarted:
    """A start was accepted: a new execution arrives at the first stage of the current version."""

    execution: UUID
    number: int
    mode: Mode


@dataclass(frozen=True)
class ActionSettled:
    """The job of an action ended, or could not be made."""

    execution: UUID
    stage: str
    action: str
    succeeded: bool


@dataclass(frozen=True)
class StopRequested:
    execution: UUID
    abandon: bool


@dataclass(frozen=True)
class StageRetried:
    execution: UUID
    stage: str
    mode: RetryMode


@dataclass(frozen=True)
class RuleSettled:
    """The job of a rule ended, or could not be made."""

    execution: UUID
    stage: str
    kind: Kind
    rule: str
    outcome: RuleCause


@dataclass(frozen=True)
class ConditionOverridden:
    execution: UUID
    stage: str
    kind: Kind


@dataclass(frozen=True)
class RollbackStarted:
    """A new execution runs `stage` again with what an earlier one had. It takes the stage at once, or is refused."""

    execution: UUID
    number: int
    mode: Mode
    stage: str


@dataclass(frozen=True)
class NothingToRollBackTo:
    """The rollback that the engine asked for finds no execution that succeeded in the stage."""

    stage: str


@dataclass(frozen=True)
class DefinitionUpdated:
    """The snapshot's current version is a new one. Executions of PARALLEL mode go on, all others are cancelled."""


@dataclass(frozen=True)
class PipelineDeleted:
    """Everything in flight is given up."""


@dataclass(frozen=True)
class Look:
    """Nothing happened here, but something around may have: a transition opened, or a ring got lost."""


Cause = (
    ExecutionStarted
    | ActionSettled
    | RuleSettled
    | StopRequested
    | StageRetried
    | ConditionOverridden
    | RollbackStarted
    | NothingToRollBackTo
    | DefinitionUpdated
    | PipelineDeleted
    | Look
)
