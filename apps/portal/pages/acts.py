"""What a person may do with the execution in a stage now. It mirrors what the services serve, and decides nothing."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.executions.models import PipelineExecution, StageExecution
from apps.executions.selectors import PipelineStanding, StageStanding

HOLDING = ("InProgress", "Stopping", "Cancelling")
RETRYABLE = ("Failed", "Stopped")


@dataclass(frozen=True)
class StageActs:
    """`stop` is "" when nothing can be stopped, "abandon" when waiting was asked for already, otherwise "wait"."""

    retry_failed: bool = False
    retry_all: bool = False
    stop: str = ""
    roll_back: bool = False

    @property
    def any_for_developers(self) -> bool:
        return self.retry_failed or self.retry_all or bool(self.stop) or self.roll_back


def acts_of(standing: PipelineStanding, index: int) -> StageActs:
    stage = standing.stages[index]
    latest = stage.latest
    if latest is None:
        return StageActs()
    failed, everything = _retries(standing, stage, latest)
    return StageActs(
        retry_failed=failed,
        retry_all=everything,
        stop=stop_of(latest.execution) if latest.execution.stage == stage.name else "",
        roll_back=_may_roll_back(standing, index, latest),
    )


def stop_of(execution: PipelineExecution) -> str:
    if execution.state in ("InProgress", "Cancelling"):
        return "wait"
    return "abandon" if execution.state == "Stopping" else ""


def _retries(standing: PipelineStanding, stage: StageStanding, latest: StageExecution) -> tuple[bool, bool]:
    """Tell whether the failed actions can be retried, and whether all can. Source: reference section 5.11.

    Where no action failed, but a condition, both would do the same; then the latter is offered alone.
    """
    execution = latest.execution
    if execution.stage != stage.name or execution.version != standing.pipeline.version:
        return False, False
    unsuccessful = any(item.latest and item.latest.state in ("Failed", "Abandoned") for item in stage.actions)
    if latest.state in RETRYABLE and execution.state in RETRYABLE:
        return unsuccessful or latest.state == "Stopped", True
    is_running = latest.state == execution.state == "InProgress"
    asks = any(item.latest and item.latest.state == "InProgress" for item in stage.conditions)
    return is_running and unsuccessful and not asks, False


def _may_roll_back(standing: PipelineStanding, index: int, latest: StageExecution) -> bool:
    """Tell whether the stage can be rolled back, if there is something to go back to."""
    pipeline = standing.pipeline
    has_modes = pipeline.pipeline_type == "V2" and pipeline.execution_mode != "PARALLEL"
    return has_modes and index > 0 and latest.state not in HOLDING


def retries_said(latest: StageExecution | None) -> str:
    """Return how often the execution tried the stage again, empty when it did not."""
    if latest is None:
        return ""
    parts = []
    if latest.automatic_retries:
        parts.append(_("retried by itself"))
    if latest.manual_retries:
        times = ngettext("retried %(times)d time by hand", "retried %(times)d times by hand", latest.manual_retries)
        parts.append(times % {"times": latest.manual_retries})
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]
