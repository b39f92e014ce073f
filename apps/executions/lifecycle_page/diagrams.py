"""Diagrams of the lifecycle tables, in Mermaid. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.executions.engine.lifecycle import (
    ACTION_MOVES,
    CONDITION_MOVES,
    EXECUTION_MOVES,
    RULE_MOVES,
    STAGE_MOVES,
    ActionState,
    ConditionState,
    ExecutionState,
    RuleState,
    StageState,
)

Moves = Mapping[tuple[StrEnum, StrEnum], StrEnum]


@dataclass(frozen=True)
class Lifecycle:
    """What one table says of one thing. `begins`: what brings it into its first state, which is the first listed.

    Shapes: `own_words` maps states of ours to what the wire says for them.
    """

    title: str
    table: str
    states: type[StrEnum]
    moves: Moves
    begins: str
    own_words: Mapping[str, str]
    note: str = ""


LIFECYCLES: tuple[Lifecycle, ...] = (
    Lifecycle(
        "Pipeline execution",
        "EXECUTION_MOVES",
        ExecutionState,
        EXECUTION_MOVES,  # type: ignore[arg-type]
        "start accepted, or rollback started",
        {ExecutionState.ABANDONING: "Stopping", ExecutionState.CANCELLING: "InProgress"},
        "A start that lacks the value of a required variable is recorded as Failed and never reaches the engine.",
    ),
    Lifecycle(
        "Stage execution",
        "STAGE_MOVES",
        StageState,
        STAGE_MOVES,  # type: ignore[arg-type]
        "lock obtained, transition enabled",
        {StageState.CANCELLING: "InProgress", StageState.REJECTED: "Succeeded"},
        "Failed becomes InProgress again within the same decision when the stage has an automatic retry left.",
    ),
    Lifecycle(
        "Action execution",
        "ACTION_MOVES",
        ActionState,
        ACTION_MOVES,  # type: ignore[arg-type]
        "its run order begins, or it is retried",
        {},
        "An action that has not started has no action execution: there is no state for it. A retry makes a new one.",
    ),
    Lifecycle(
        "Condition execution",
        "CONDITION_MOVES",
        ConditionState,
        CONDITION_MOVES,  # type: ignore[arg-type]
        "entry, success or failure of its stage",
        {},
        "Errored has the effect of Failed, Overridden that of Succeeded.",
    ),
    Lifecycle(
        "Rule execution",
        "RULE_MOVES",
        RuleState,
        RULE_MOVES,  # type: ignore[arg-type]
        "its condition begins, with all of its rules",
        {RuleState.ERRORED: "Failed"},
    ),
)


def diagram(lifecycle: Lifecycle) -> str:
    """Return a state diagram. Moves between the same two states share an arrow."""
    first = next(iter(lifecycle.states))
    lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {first}: {lifecycle.begins}"]
    lines += [
        f"    {before} --> {after}: {'<br>'.join(causes)}" for (before, after), causes in _arrows(lifecycle).items()
    ]
    lines += [f"    {state} --> [*]" for state in final_states(lifecycle)]
    return "\n".join(lines)


def _arrows(lifecycle: Lifecycle) -> dict[tuple[StrEnum, StrEnum], list[str]]:
    arrows: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, cause), after in lifecycle.moves.items():
        arrows.setdefault((state, after), []).append(str(cause))
    return arrows


def final_states(lifecycle: Lifecycle) -> list[StrEnum]:
    """Return the states that nothing leads out of."""
    left = {state for state, _ in lifecycle.moves}
    return [state for state in lifecycle.states if state not in left]
