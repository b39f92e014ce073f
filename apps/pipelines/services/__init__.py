"""The verbs of pipelines: save a definition, delete a pipeline, tag it, open and close a transition."""

from .definitions import create_pipeline, delete_pipeline, update_pipeline
from .tags import change_pipeline_tags
from .transitions import set_transition

__all__ = ["change_pipeline_tags", "create_pipeline", "delete_pipeline", "set_transition", "update_pipeline"]
