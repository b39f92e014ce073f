"""The verbs of pipelines: save a definition, delete a pipeline, open and close a transition."""

from .definitions import create_pipeline, delete_pipeline, update_pipeline
from .transitions import set_transition

__all__ = ["create_pipeline", "delete_pipeline", "set_transition", "update_pipeline"]
