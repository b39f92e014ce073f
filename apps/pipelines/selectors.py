"""Reads of pipelines and their definitions."""

from typing import Any

from apps.core.pages import Page, page, read_token
from apps.pipelines.errors import PipelineNotFound, PipelineVersionNotFound
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition
from apps.tenancy.models import Account


def find_pipeline(account: Account, name: str) -> Pipeline:
    """Raises PipelineNotFound."""
    return _named(account, name, Pipeline.objects.for_account(account))


def locked_pipeline(account: Account, name: str) -> Pipeline:
    """Return a pipeline with its row locked: what the engine decides under. Raises PipelineNotFound."""
    return _named(account, name, Pipeline.objects.for_account(account).select_for_update(of=("self",)))


def _named(account: Account, name: str, rows) -> Pipeline:
    pipeline = rows.filter(name=name, deleted_at=None).first()
    if pipeline is None:
        raise PipelineNotFound(f"Account '{account.number}' does not have a pipeline with name '{name}'")
    pipeline.account = account
    return pipeline


def current_version(pipeline: Pipeline) -> PipelineVersion:
    return PipelineVersion.objects.for_account(pipeline.account).get(pipeline=pipeline, version=pipeline.version)


def version_of(pipeline: Pipeline, number: int | None) -> PipelineVersion:
    """Return a saved definition, the current one without a number. Raises PipelineVersionNotFound."""
    versions = PipelineVersion.objects.for_account(pipeline.account).filter(pipeline=pipeline)
    version = versions.filter(version=number or pipeline.version).first()
    if version is None:
        raise PipelineVersionNotFound(f"Pipeline '{pipeline.name}' does not have a version {number}.")
    return version


def list_pipelines(account: Account, *, size: int, token: str | None) -> Page[Pipeline]:
    """Return a page of the account's pipelines, by name. Raises InvalidNextToken."""
    scope: dict[str, Any] = {"of": "pipelines", "account": account.pk}
    rows = Pipeline.objects.for_account(account).filter(deleted_at=None).order_by("name")
    if key := read_token(token, scope=scope):
        rows = rows.filter(name__gt=key[0])
    return page(list(rows[: size + 1]), size, scope=scope, key=lambda row: [row.name])


def transitions_of(pipeline: Pipeline) -> dict[tuple[str, str], StageTransition]:
    """Return the gates that were ever touched, by stage and side."""
    rows = StageTransition.objects.for_account(pipeline.account).filter(pipeline=pipeline)
    return {(row.stage, row.side): row for row in rows}
