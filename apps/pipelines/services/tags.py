"""Tags on pipelines."""

from django.db import transaction

from apps.core.tags import Change
from apps.pipelines.selectors import locked_pipeline
from apps.tenancy.models import Account


@transaction.atomic
def change_pipeline_tags(account: Account, name: str, change: Change) -> None:
    """Give a pipeline the tags that `change` makes of those it has. Raises PipelineNotFound, and what `change` does."""
    pipeline = locked_pipeline(account, name)
    pipeline.tags = change(pipeline.tags)
    pipeline.save(update_fields=["tags"])
