"""The imperative shell around the engine: load under the pipeline's lock, ask, save, record, make jobs."""

from .advance import Advance

__all__ = ["Advance"]
