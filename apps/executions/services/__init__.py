"""The verbs of executions: start, stop, retry, decide."""

from .approvals import decide_approval
from .retry import retry_stage
from .start import start_execution
from .stop import stop_execution

__all__ = ["decide_approval", "retry_stage", "start_execution", "stop_execution"]
