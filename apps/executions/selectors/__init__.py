"""Reads of executions: how a pipeline stands, and what it did."""

from .approvals import (
    WaitingApproval,
    approvals_given,
    list_waiting_approvals,
    tally_of,
    waiting_approvals,
)
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
    "WaitingApproval",
    "action_execution_not_found",
    "approvals_given",
    "find_action_execution",
    "find_execution",
    "latest_execution",
    "latest_revision",
    "list_action_executions",
    "list_executions",
    "list_rule_executions",
    "list_waiting_approvals",
    "pipeline_standing",
    "tally_of",
    "waiting_approvals",
]
