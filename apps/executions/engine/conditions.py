"""Conditions: rules that run together at a stage's entry, after its success, or after its failure.

All rules of a condition start at once, and one that fails leaves the others to finish, as actions do. The condition
succeeds when all of them did. A rule that could not be evaluated counts as one that failed; the condition then says
Errored. A condition that was overridden counts as one that succeeded. Source: reference section 5.13.
"""

from enum import Enum, auto

from .board import Board
from .lifecycle import PASSED, ConditionCause, ConditionState, RuleState
from .plan import ConditionPlan, Kind
from .snapshot import ConditionView, ExecutionView


class Verdict(Enum):
    PENDING = auto()
    PASSED = auto()
    FAILED = auto()


def ask(board: Board, view: ExecutionView, plan: ConditionPlan | None) -> Verdict:
    """Return what a condition says, beginning or concluding its evaluation. Where there is none, all is well."""
    if plan is None:
        return Verdict.PASSED
    condition = view.conditions.get(plan.kind)
    if condition is None:
        board.start_condition(view.id, plan)
        return Verdict.PENDING
    if condition.state is ConditionState.IN_PROGRESS:
        if RuleState.IN_PROGRESS in condition.rules.values():
            return Verdict.PENDING
        board.move_condition(view.id, plan.kind, _conclusion(condition))
        condition = board.executions[view.id].conditions[plan.kind]
    return Verdict.PASSED if condition.state in PASSED else Verdict.FAILED


def _conclusion(condition: ConditionView) -> ConditionCause:
    states = set(condition.rules.values())
    if RuleState.ERRORED in states:
        return ConditionCause.A_RULE_ERRED
    return ConditionCause.A_RULE_FAILED if RuleState.FAILED in states else ConditionCause.ALL_RULES_SUCCEEDED


def end(board: Board, view: ExecutionView, cause: ConditionCause) -> None:
    """End the evaluation that runs now, if one does. Nothing follows from it."""
    if view.evaluated is not None:
        board.move_condition(view.id, view.evaluated, cause)


def has_passed(view: ExecutionView, kind: Kind) -> bool:
    condition = view.conditions.get(kind)
    return condition is not None and condition.state in PASSED
