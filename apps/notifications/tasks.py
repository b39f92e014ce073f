"""What the queue calls. Safe to run twice, and in any order: who does not get the claim sends nothing."""

import time

from apps.core import clock
from apps.notifications import services
from apps.notifications.sending import send

# Then others have their turn. A cluster that is asked to end does what it has in hand first, which are three tasks at
# most: one at work, one before it and one on its way there. It is given `apps.core.queue.END_SECONDS` for all of them.
BUDGET_SECONDS = 2.0


def send_deliveries(delivery_id: int) -> None:
    """Send a delivery that is due, then those behind it, as long as each is taken and the time allows.

    What is left when it is over is a task anew, behind those of others.
    """
    ends = time.monotonic() + BUDGET_SECONDS
    following: int | None = delivery_id
    while following is not None and time.monotonic() < ends:
        following = send_one(following)
    if following is not None:
        services.enqueue_due_deliveries(now=clock.database_now())  # the timer would find it later


def send_one(delivery_id: int) -> int | None:
    """Send one delivery if it may be sent. Returns the id of the one whose turn it is then, if there is one."""
    now = clock.database_now()
    delivery = services.claim_delivery(delivery_id, now=now)
    if delivery is None:
        return None
    answer = send(delivery, now=now)
    return services.settle_delivery(delivery, answer, now=clock.database_now())
