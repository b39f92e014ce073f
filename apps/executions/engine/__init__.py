"""The engine: what happens next, decided from a frozen picture of a pipeline and one cause. No Django, clock or I/O.

`lifecycle` says which moves exist, `plan` what a definition asks for, `snapshot` how things stand, `effects` what may
be done about it, `decide` does the deciding.
"""

from .causes import (
    ActionSettled,
    Cause,
    DefinitionUpdated,
    ExecutionStarted,
    Look,
    PipelineDeleted,
    StageRetried,
    StopRequested,
)
from .decide import Decision, decide
from .effects import ArriveAtStage, Effect, EnterStage, MoveAction, MoveExecution, MoveStage, ResumeStage, StartAction
from .errors import AlreadyStopping, EngineRefusal, NotLatest, NotRetryable, NotStoppable
from .lifecycle import ActionState, ExecutionState, IllegalMove, StageState
from .plan import ActionPlan, Mode, Plan, StagePlan, plan_of
from .snapshot import ExecutionView, RetryMode, Side, Snapshot

__all__ = [
    "ActionPlan",
    "ActionSettled",
    "ActionState",
    "AlreadyStopping",
    "ArriveAtStage",
    "Cause",
    "Decision",
    "DefinitionUpdated",
    "Effect",
    "EngineRefusal",
    "EnterStage",
    "ExecutionStarted",
    "ExecutionState",
    "ExecutionView",
    "IllegalMove",
    "Look",
    "Mode",
    "MoveAction",
    "MoveExecution",
    "MoveStage",
    "NotLatest",
    "NotRetryable",
    "NotStoppable",
    "PipelineDeleted",
    "Plan",
    "ResumeStage",
    "RetryMode",
    "Side",
    "Snapshot",
    "StagePlan",
    "StageRetried",
    "StageState",
    "StartAction",
    "StopRequested",
    "decide",
    "plan_of",
]
