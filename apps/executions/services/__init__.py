"""The verbs of executions: start, stop, retry, roll back, override, decide."""

from .approvals import decide_approval
from .override import override_condition
from .retry import retry_stage
from .rollback import roll_back_stage
from .start import start_execution
from .stop import stop_execution

__all__ = [
    "decide_approval",
    "override_condition",
    "retry_stage",
    "roll_back_stage",
    "start_execution",
    "stop_execution",
]
