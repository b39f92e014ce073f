"""The imperative shell around the engine: load under the pipeline's lock, ask, save, record, make jobs."""

from .advance import Advance
from .loading import Asked, ask_about, ask_for_start

__all__ = ["Advance", "Asked", "ask_about", "ask_for_start"]
