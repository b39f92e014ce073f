"""Saved definitions that were read lately, kept in this process. They are never edited, so what is kept stays true.

A definition is kept once its transaction is committed: one that is rolled back may leave its number to another. Whoever
gets a kept definition must not change it.
"""

from collections import OrderedDict
from threading import Lock

from django.db import transaction

from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.statements import VERSION

KEPT = 256
_kept: OrderedDict[tuple[int, int], PipelineVersion] = OrderedDict()
_lock = Lock()


def kept_version(pipeline: Pipeline, number: int) -> PipelineVersion | None:
    """Return a saved definition, None when there is none of this number."""
    key = (pipeline.pk, number)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    row: PipelineVersion | None = VERSION.first(pipeline=pipeline.pk, version=number)
    if row is not None:
        transaction.on_commit(lambda: _keep(key, row))
    return row


def forget_versions() -> None:
    """Drop what is kept. For a process whose database is emptied under it, as between tests."""
    with _lock:
        _kept.clear()


def _keep(key: tuple[int, int], row: PipelineVersion) -> None:
    with _lock:
        _kept[key] = row
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
