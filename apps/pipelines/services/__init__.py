"""The verbs of pipelines: save, delete, tag, open and close a transition, say what approvals ask for."""

from .approval_rules import set_approval_rule
from .definitions import create_pipeline, delete_pipeline, update_pipeline
from .tags import change_pipeline_tags
from .transitions import set_transition

__all__ = [
    "change_pipeline_tags",
    "create_pipeline",
    "delete_pipeline",
    "set_approval_rule",
    "set_transition",
    "update_pipeline",
]
