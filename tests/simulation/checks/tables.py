"""What may be, written from the reference's state machines, not from the engine's.

What the engine allows and what is allowed are two things.
"""

from datetime import timedelta

GOING = {"InProgress", "Stopping", "Abandoning", "Cancelling"}
HOLDING = {"InProgress", "Stopping", "Cancelling"}
UNFINISHED = {"Queued", "Dispatched", "InProgress"}
AT_ONCE_IN_PARALLEL = 5
MOVES = {
    "InProgress": {"Stopping", "Stopped", "Cancelling", "Cancelled", "Superseded", "Failed", "Succeeded"},
    "Stopping": {"Stopped", "Cancelling", "Cancelled"},
    "Cancelling": {"Cancelled", "Stopping", "Stopped"},
    "Failed": {"InProgress", "Stopping", "Stopped", "Succeeded", "Superseded"},
    "Stopped": {"InProgress", "Failed", "Succeeded"},
    "Succeeded": set(),
    "Superseded": set(),
    "Cancelled": set(),
}
STAGE_MOVES = {
    "InProgress": {"Stopping", "Stopped", "Cancelling", "Cancelled", "Failed", "Succeeded", "Skipped", "Rejected"},
    "Stopping": {"Stopped", "Cancelling", "Cancelled"},
    "Cancelling": {"Cancelled", "Stopping", "Stopped"},
    "Failed": {"InProgress", "Succeeded", "Skipped", "Rejected"},
    "Stopped": {"InProgress", "Failed", "Succeeded"},
    "Succeeded": set(),
    "Cancelled": set(),
    "Skipped": set(),
    "Rejected": {"Succeeded"},
}
ACTION_ENDS = {"Succeeded", "Failed", "Abandoned"}
STALE_AFTER = timedelta(days=30)  # the reference, not the engine, says so: codepipeline.md 5.9
