"""What the queue calls. Each may run twice, or at the same time as anything else."""

from apps.core import clock
from apps.executions.services.retention import forget_old_executions


def forget_old() -> int:
    return forget_old_executions(now=clock.database_now())
