"""What the queue calls for pipelines. Safe to run twice."""

from datetime import timedelta

from apps.core import clock
from apps.pipelines.models import Pipeline

KEPT_AFTER_DELETION = timedelta(days=1)  # late results of jobs find an answer meanwhile


def purge_deleted_pipelines() -> int:
    """Remove pipelines that were deleted long enough ago, with their history. Returns how many."""
    gone = Pipeline.objects.filter(deleted_at__lt=clock.database_now() - KEPT_AFTER_DELETION).values_list(
        "pk", flat=True
    )
    ids = list(gone[:20])
    for pipeline_id in ids:  # one at a time: each transaction stays short
        Pipeline.objects.filter(pk=pipeline_id).delete()
    return len(ids)
