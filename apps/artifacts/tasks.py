"""What the queue calls to keep the store tidy. Each may run twice, or at the same time as anything else."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from apps.artifacts.selectors import blobs_in_use, stale_uploads
from apps.artifacts.services.uploads import drop_upload
from apps.artifacts.store import current_store
from apps.core import clock

BATCH = 500
ORPHAN_AGE = timedelta(days=1)
UPLOAD_AGE = timedelta(days=7)


def sweep_orphans(older_than: timedelta = ORPHAN_AGE) -> int:
    """Remove blobs that belong to nothing: their writer died before its row was saved. Return how many.

    `older_than` must exceed the time from the end of a blob to its row, which is seconds. A folder's blobs are dated by
    the hosts that write them: the clock that is behind decides.
    """
    store, before = current_store(), min(clock.now(), clock.database_now()) - older_than
    removed = store.sweep_unfinished(older_than=before)
    for blobs in _batches(store.names(older_than=before)):
        for blob in sorted(set(blobs) - blobs_in_use(blobs)):
            store.delete(blob)
            removed += 1
    return removed


def sweep_uploads(older_than: timedelta = UPLOAD_AGE) -> int:
    """Forget uploads that nobody completed, and the memory of those that somebody did. Return how many."""
    uploads = list(stale_uploads(older_than=clock.database_now() - older_than))
    for upload in uploads:
        drop_upload(upload.account, upload)
    return len(uploads)


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    names = iter(names)
    while batch := list(islice(names, BATCH)):
        yield batch
