"""How states are said and drawn: the word, and the shape that goes with it. Source: portal brief, section 5."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Status:
    """`state` is the word on the wire, `shape` names the icon and the colour, `word` is what people read."""

    state: str
    shape: str
    word: str | Promise


NOT_RUN = Status("NotRun", "not-run", _("Not run yet"))
APPROVAL = Status("InProgress", "approval", _("Waiting for approval"))
HELD = Status("InProgress", "held", _("Waiting"))
STATUSES = {
    status.state: status
    for status in (
        NOT_RUN,
        Status("InProgress", "progress", _("In progress")),
        Status("Succeeded", "succeeded", _("Succeeded")),
        Status("Failed", "failed", _("Failed")),
        Status("Stopping", "stopping", _("Stopping")),
        Status("Abandoning", "stopping", _("Stopping, abandoning actions")),
        Status("Stopped", "stopped", _("Stopped")),
        Status("Abandoned", "stopped", _("Abandoned")),
        Status("Superseded", "superseded", _("Superseded")),
        Status("Cancelling", "stopping", _("Being cancelled: definition changed")),
        Status("Cancelled", "cancelled", _("Cancelled: definition changed")),
        Status("Skipped", "skipped", _("Skipped")),
        Status("Rejected", "failed", _("Rejected by its condition")),
        Status("Errored", "failed", _("Could not be checked")),
        Status("Overridden", "overridden", _("Overridden")),
    )
}
IN_PROGRESS = STATUSES["InProgress"]
SUCCEEDED = STATUSES["Succeeded"]
FAILED = STATUSES["Failed"]
IN_FLIGHT = ("InProgress", "Stopping", "Abandoning", "Cancelling")


def status_of(state: str, *, waits_for_a_person: bool = False) -> Status:
    """Return how a state on the wire is said."""
    if state == "InProgress" and waits_for_a_person:
        return APPROVAL
    return STATUSES[state]


# How the evaluations of conditions and rules are said. One that ends with its execution was not cancelled by an update.
CHECK_STATUSES = {
    **STATUSES,
    "NotRun": Status("NotRun", "not-run", _("Not checked yet")),
    "InProgress": Status("InProgress", "progress", _("Being checked")),
    "Succeeded": Status("Succeeded", "succeeded", _("Passed")),
    "Cancelled": Status("Cancelled", "cancelled", _("Cancelled")),
}


# What a live message puts in place by itself, by the key that the message names.
LIVE_STATUSES = {**STATUSES, "Approval": APPROVAL}
