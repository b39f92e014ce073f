"""Reads of executions: how a pipeline stands, and what it did."""

from .history import (
    AttemptFilter,
    action_execution_not_found,
    find_action_execution,
    find_execution,
    latest_execution,
    latest_revision,
    list_action_executions,
    list_executions,
    list_rule_executions,
)
from .standing import (
    ActionStanding,
    ConditionStanding,
    PipelineStanding,
    RuleStanding,
    StageStanding,
    pipeline_standing,
)

__all__ = [
    "ActionStanding",
    "AttemptFilter",
    "ConditionStanding",
    "PipelineStanding",
    "RuleStanding",
    "StageStanding",
    "action_execution_not_found",
    "find_action_execution",
    "find_execution",
    "latest_execution",
    "latest_revision",
    "list_action_executions",
    "list_executions",
    "list_rule_executions",
    "pipeline_standing",
]
