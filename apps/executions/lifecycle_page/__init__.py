"""docs/engine.md: the engine's tables as diagrams, and where each rule of CodePipeline stands in the engine.

`python -m apps.executions.lifecycle_page > docs/engine.md` writes the page; a test compares the two.
"""

from .page import page

__all__ = ["page"]
