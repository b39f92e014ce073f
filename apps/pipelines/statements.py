"""The reads that every call about a pipeline begins with. See `apps/core/statements.py`."""

from apps.core.statements import Statement
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition

PIPELINE_FIELDS = [field.attname for field in Pipeline._meta.concrete_fields]
TRANSITION_FIELDS = [field.attname for field in StageTransition._meta.concrete_fields]

NAMED = Statement(
    lambda account, name: Pipeline.objects.for_account(account).filter(name=name, deleted_at=None).order_by(),
    account=Pipeline.account,
    name=Pipeline.name,
)
NAMED_AND_LOCKED = Statement(
    lambda account, name: (
        Pipeline.objects.for_account(account)
        .filter(name=name, deleted_at=None)
        .select_for_update(of=("self",))
        .order_by()
    ),
    account=Pipeline.account,
    name=Pipeline.name,
)
# The pipeline stands in each row, beside one of its transitions or nulls.
WITH_TRANSITIONS = Statement(
    lambda account, name: (
        Pipeline.objects.for_account(account)
        .filter(name=name, deleted_at=None)
        .order_by()
        .values_list(*PIPELINE_FIELDS, *(f"transitions__{field}" for field in TRANSITION_FIELDS))
    ),
    account=Pipeline.account,
    name=Pipeline.name,
)
LISTED = Statement(
    lambda account, after: (
        Pipeline.objects.for_account(account).filter(deleted_at=None, name__gt=after).order_by("name")
    ),
    account=Pipeline.account,
    after=Pipeline.name,
)
VERSION = Statement(
    lambda pipeline, version: PipelineVersion.objects.filter(pipeline=pipeline, version=version).order_by(),
    pipeline=PipelineVersion.pipeline,
    version=PipelineVersion.version,
)
