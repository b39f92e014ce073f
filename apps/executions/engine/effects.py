"""What a decision asks the shell to do, in this order."""

from dataclasses import dataclass
from uuid import UUID

from .lifecycle import ActionState, ExecutionState, StageState
from .snapshot import RetryMode


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
    """A failed or stopped stage goes on. `repeated` are the actions whose earlier attempts no longer count."""

    execution: UUID
    stage: str
    mode: RetryMode
    repeated: tuple[str, ...]


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


Effect = ArriveAtStage | EnterStage | ResumeStage | StartAction | MoveAction | MoveStage | MoveExecution
