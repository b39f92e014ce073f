"""What apps above ask of an action before it starts. Executions does not know them, so they register here.

A check is called inside the transaction that starts the action: it reads, and refuses by raising CannotStart.
"""

from collections.abc import Callable

from apps.executions.models import ActionExecution

Check = Callable[[ActionExecution], None]
_checks: dict[str, list[Check]] = {}


def check_starts_of(action_type: str, check: Check) -> None:
    """Have `check` called with each attempt at an action of this type, its configuration resolved."""
    _checks.setdefault(action_type, []).append(check)


def check_start(action: ActionExecution) -> None:
    """Raises CannotStart."""
    for check in _checks.get(action.action_type, ()):
        check(action)
