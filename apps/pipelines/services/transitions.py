"""Stage transitions: the gates between stages. Source: reference section 5.9."""

from datetime import datetime

from apps import events
from apps.pipelines.errors import StageNotFound
from apps.pipelines.models import StageTransition
from apps.pipelines.selectors import current_version, locked_pipeline
from apps.tenancy.models import Account


def set_transition(
    account: Account,
    pipeline_name: str,
    stage: str,
    side: str,
    *,
    enabled: bool,
    by: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Open or close the gate on one side of a stage. Repeating it is harmless; closing again replaces the reason.

    Shapes: `side` is "Inbound" or "Outbound"; `by` is an ARN.
    Raises: PipelineNotFound, StageNotFound.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        declaration = current_version(pipeline).declaration
        if stage not in {item["name"] for item in declaration["stages"]}:
            raise StageNotFound(f"Pipeline '{pipeline_name}' does not have a stage with name '{stage}'")
        StageTransition.objects.update_or_create(
            account=account,
            pipeline=pipeline,
            stage=stage,
            side=side,
            defaults={"enabled": enabled, "reason": reason, "changed_by": by, "changed_at": now},
        )
        events.record(
            "TransitionEnabled" if enabled else "TransitionDisabled",
            account=account,
            at=now,
            pipeline=pipeline.name,
            stage=stage,
            payload=pipeline,
            side=side,
            reason=reason,
            by=by,
        )
