"""Reads of what is watched."""

from django.conf import settings
from django.urls import reverse

from apps.pipelines.models import Pipeline
from apps.triggers.models import SourceWatch


def watches_of(pipeline: Pipeline) -> list[SourceWatch]:
    return list(SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline))


def failing_watches(pipeline: Pipeline) -> dict[str, SourceWatch]:
    """Return the source actions that could not be looked at the last time, by action name."""
    rows = SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline).exclude(error_code="")
    return {row.action: row for row in rows}


def hook_url(watch: SourceWatch) -> str:
    """Return the address that a git hook calls. It is a secret of the account."""
    return settings.PUBLIC_URL + reverse("triggers:source-hook", args=[watch.token])
