"""Saving definitions. Source: reference section 4."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from apps import events
from apps.actions.catalogue import AccountCatalogue, rule_providers, secret_names
from apps.actions.types import action_type_of
from apps.pipelines import structure
from apps.pipelines.errors import PipelineNameInUse, TooManyPipelines
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition
from apps.pipelines.selectors import find_pipeline, locked_pipeline
from apps.tenancy.models import Account

MOST_PIPELINES = 1000


def create_pipeline(
    account: Account, declaration: Mapping[str, Any], *, tags: dict[str, str], by: str, now: datetime
) -> PipelineVersion:
    """Check and keep the first version of a pipeline, which starts its first execution.

    Shapes: `declaration` is PipelineDeclaration of the wire API. `by` is an ARN.
    Raises: PipelineNameInUse, TooManyPipelines, and the errors of apps.pipelines.structure.
    """
    catalogue = AccountCatalogue(account)
    checked = _check(declaration, account, catalogue, previous=None)
    if Pipeline.objects.for_account(account).filter(deleted_at=None).count() >= MOST_PIPELINES:
        raise TooManyPipelines(f"The account has {MOST_PIPELINES} pipelines, the most it may. Delete one first.")
    with events.transaction():
        pipeline = _insert(account, checked, tags, now)
        version = _keep_version(pipeline, checked, catalogue, by, now)
        events.record("PipelineCreated", account=account, at=now, pipeline=pipeline.name, payload=version, by=by)
    return version


def update_pipeline(account: Account, declaration: Mapping[str, Any], *, by: str, now: datetime) -> PipelineVersion:
    """Replace the definition: the version rises by one, executions in flight are cancelled unless PARALLEL.

    A declaration that names the current version and says what it says changes nothing (decision 0011).
    Raises: PipelineNotFound, and the errors of apps.pipelines.structure.
    """
    catalogue = AccountCatalogue(account)
    find_pipeline(account, declaration["name"])
    with events.transaction():
        pipeline = locked_pipeline(account, declaration["name"])
        previous = pipeline.versions.get(version=pipeline.version)
        current = previous.declaration_in_clear()
        checked = _check(declaration, account, catalogue, previous=current)
        if checked == current:
            return previous
        pipeline.version += 1
        pipeline.pipeline_type, pipeline.execution_mode = checked["pipelineType"], checked["executionMode"]
        pipeline.updated_at = now
        pipeline.save(update_fields=["version", "pipeline_type", "execution_mode", "updated_at"])
        version = _keep_version(pipeline, checked, catalogue, by, now)
        _forget_gates_of_lost_stages(pipeline, checked)
        events.record("PipelineUpdated", account=account, at=now, pipeline=pipeline.name, payload=version, by=by)
    return version


def _forget_gates_of_lost_stages(pipeline: Pipeline, checked: Mapping[str, Any]) -> None:
    """A transition's setting survives with its stage. One that nobody could enable again would hold for ever whoever
    still runs by the earlier version, in PARALLEL mode.
    """
    kept = [stage["name"] for stage in checked["stages"]]
    StageTransition.objects.for_account(pipeline.account).filter(pipeline=pipeline).exclude(stage__in=kept).delete()


def delete_pipeline(account: Account, name: str, *, by: str, now: datetime) -> None:
    """Delete a pipeline, giving up what runs in it. One that does not exist is deleted already."""
    with events.transaction():
        pipeline = (
            Pipeline.objects.for_account(account)
            .filter(name=name, deleted_at=None)
            .select_for_update(of=("self",))
            .first()
        )
        if pipeline is None:
            return
        pipeline.account = account
        events.record("PipelineDeleted", account=account, at=now, pipeline=name, payload=pipeline, by=by)
        pipeline.deleted_at = now
        pipeline.save(update_fields=["deleted_at"])


def _check(
    declaration: Mapping[str, Any], account: Account, catalogue: AccountCatalogue, *, previous: dict[str, Any] | None
) -> dict[str, Any]:
    return structure.check(
        declaration,
        catalogue=catalogue,
        region=settings.REGION,
        account_number=account.number,
        previous=previous,
        rule_types=rule_providers(),
    )


def _insert(account: Account, checked: dict[str, Any], tags: dict[str, str], now: datetime) -> Pipeline:
    try:
        with transaction.atomic():
            return Pipeline.objects.create(
                account=account,
                name=checked["name"],
                pipeline_type=checked["pipelineType"],
                execution_mode=checked["executionMode"],
                tags=tags,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError:
        raise PipelineNameInUse(
            f"A pipeline with the name '{checked['name']}' already exists in account '{account.number}'"
        ) from None


def _keep_version(
    pipeline: Pipeline, checked: dict[str, Any], catalogue: AccountCatalogue, by: str, now: datetime
) -> PipelineVersion:
    version = PipelineVersion(
        account=pipeline.account, pipeline=pipeline, version=pipeline.version, created_at=now, created_by=by
    )
    types = {action_type_of(action) for stage in checked["stages"] for action in stage["actions"]}
    specs = [spec for spec in map(catalogue, types) if spec is not None]
    version.set_declaration({**checked, "version": pipeline.version}, secret_names(specs))
    version.save(force_insert=True)
    return version
