"""When a delivery that failed is tried again. Pure. Source: Standard Webhooks, deliverability and reliability."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PAUSES = (
    5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
MOST_ATTEMPTS = len(PAUSES) + 1
GONE = 410


@dataclass(frozen=True)
class Answer:
    """How an attempt ended. `status` is None where nobody answered, and for an e-mail."""

    taken: bool
    status: int | None = None
    error: str = ""


def next_attempt(attempts: int, answer: Answer, *, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` that failed, None when there is no use."""
    if answer.status == GONE or attempts >= MOST_ATTEMPTS:
        return None
    return now + PAUSES[attempts - 1]
