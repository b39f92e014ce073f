"""How the job queue stands."""

from apps.core import clock
from apps.jobs.models import Job
from apps.jobs.states import JobState


def queued() -> int:
    return _waiting().count()


def queue_age() -> float:
    """Return how many seconds the longest waiting job has waited, 0 when none waits."""
    oldest = _waiting().order_by("available_at").values_list("available_at", flat=True).first()
    return max(0.0, (clock.database_now() - oldest).total_seconds()) if oldest else 0.0


def _waiting():
    return Job.objects.filter(
        performer="worker", state=JobState.QUEUED, is_void=False, available_at__lte=clock.database_now()
    )
