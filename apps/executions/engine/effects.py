"""What a decision asks the shell to do, in this order."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from .lifecycle import ActionState, ConditionState, ExecutionState, RuleState, StageState
from .plan import Kind, RetryMode


class RetryTrigger(StrEnum):
    AUTOMATED = "AutomatedStageRetry"
    MANUAL = "ManualStageRetry"


@dataclass(frozen=True)
class ArriveAtStage:
    """The execution waits at the entry of the stage (often for no time at all)."""

    execution: UUID
    stage: str


@dataclass(frozen=True)
class EnterStage:
    """The execution locks the stage: a stage execution begins."""

    execution: UUID
    stage: str


@dataclass(frozen=True)
class ResumeStage:
    """A failed or stopped stage goes on.

    `repeated` are the actions whose earlier attempts no longer count, `reconsidered` the conditions likewise.
    """

    execution: UUID
    stage: str
    mode: RetryMode
    trigger: RetryTrigger
    repeated: tuple[str, ...]
    reconsidered: tuple[Kind, ...] = ()


@dataclass(frozen=True)
class StartAction:
    """A new action execution begins: make its job."""

    execution: UUID
    stage: str
    action: str


@dataclass(frozen=True)
class MoveAction:
    """An action reached its end without a word from its job: it was abandoned, or its approval is void."""

    execution: UUID
    stage: str
    action: str
    state: ActionState


@dataclass(frozen=True)
class StartCondition:
    """The evaluation of a condition begins: its rules follow."""

    execution: UUID
    stage: str
    kind: Kind


@dataclass(frozen=True)
class StartRule:
    """A rule execution begins: make its job."""

    execution: UUID
    stage: str
    kind: Kind
    rule: str


@dataclass(frozen=True)
class MoveRule:
    """A rule is given up without a word from its job."""

    execution: UUID
    stage: str
    kind: Kind
    rule: str
    state: RuleState


@dataclass(frozen=True)
class MoveCondition:
    execution: UUID
    stage: str
    kind: Kind
    state: ConditionState


@dataclass(frozen=True)
class RollBack:
    """Start a rollback to the latest execution that succeeded in the stage, and say so; or say that there is none."""

    execution: UUID
    stage: str


@dataclass(frozen=True)
class MoveStage:
    execution: UUID
    stage: str
    state: StageState


@dataclass(frozen=True)
class MoveExecution:
    """`superseded_by` says which execution took its place, when one did."""

    execution: UUID
    state: ExecutionState
    superseded_by: UUID | None = None


Effect = (
    ArriveAtStage
    | EnterStage
    | ResumeStage
    | StartAction
    | MoveAction
    | StartCondition
    | StartRule
    | MoveRule
    | MoveCondition
    | RollBack
    | MoveStage
    | MoveExecution
)
