"""Saved definitions that were read lately, kept in this process. They are never edited, so what is kept stays true."""

from apps.core.kept import Kept
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.statements import VERSION

_kept: Kept[PipelineVersion] = Kept(256)


def kept_version(pipeline: Pipeline, number: int) -> PipelineVersion | None:
    """Return a saved definition, None when there is none of this number. Whoever gets it must not change it."""
    key = (pipeline.pk, number)
    found = _kept.find(key)
    if found is None:
        found = VERSION.first(pipeline=pipeline.pk, version=number)
        if found is not None:
            _kept.keep(key, found)
    return found
