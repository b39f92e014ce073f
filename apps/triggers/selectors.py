"""Reads of what is watched."""

from django.conf import settings
from django.urls import reverse

from apps.core.statements import Statement
from apps.pipelines.models import Pipeline
from apps.triggers.models import SourceWatch

FAILING = Statement(
    lambda account, pipeline: (
        SourceWatch.objects.for_account(account).filter(pipeline=pipeline).exclude(error_code="").order_by()
    ),
    account=SourceWatch.account,
    pipeline=SourceWatch.pipeline,
)


def watches_of(pipeline: Pipeline) -> list[SourceWatch]:
    return list(SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline))


def failing_watches(pipeline: Pipeline) -> dict[str, SourceWatch]:
    """Return the source actions that could not be looked at the last time, by action name."""
    return {row.action: row for row in FAILING.rows(account=pipeline.account_id, pipeline=pipeline.pk)}


def hook_url(watch: SourceWatch) -> str:
    """Return the address that a git hook calls. It is a secret of the account."""
    return settings.PUBLIC_URL + reverse("triggers:source-hook", args=[watch.token])
