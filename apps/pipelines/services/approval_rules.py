"""What approvals ask for beyond AWS: how many people, and not who started the execution. See decision 0019."""

from datetime import datetime
from typing import Final

from apps import events
from apps.pipelines.errors import ApprovalRuleInvalid
from apps.pipelines.models import ApprovalRule
from apps.pipelines.selectors import locked_pipeline
from apps.tenancy.models import Account

MOST_NEEDED: Final = 20


def set_approval_rule(
    account: Account, pipeline_name: str, *, needed: int, not_the_starter: bool, by: str, now: datetime
) -> ApprovalRule:
    """Say how many different people must approve in a pipeline, and whether who started it may be one of them.

    It holds at once, for approvals that wait already too: each decision is held against the rule of its moment.
    Shapes: `by` is an ARN.
    Raises: PipelineNotFound, ApprovalRuleInvalid.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        if not 1 <= needed <= MOST_NEEDED:
            raise ApprovalRuleInvalid(
                f"An approval needs 1 to {MOST_NEEDED} people, not {needed}. Give another number."
            )
        rule, _ = ApprovalRule.objects.update_or_create(
            account=account,
            pipeline_name=pipeline.name,
            defaults={"needed": needed, "not_the_starter": not_the_starter, "changed_by": by, "changed_at": now},
        )
        events.record(
            "ApprovalRuleChanged",
            account=account,
            at=now,
            pipeline=pipeline.name,
            needed=needed,
            not_the_starter=not_the_starter,
            by=by,
        )
    return rule
