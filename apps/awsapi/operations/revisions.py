"""PutActionRevision."""

from typing import Any

from apps.awsapi.caller import Caller
from apps.awsapi.registry import operation
from apps.core import clock
from apps.triggers.services import put_action_revision as put


@operation("PutActionRevision")
def put_action_revision(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    done = put(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        request["actionName"],
        request["actionRevision"],
        by=caller.principal_arn,
        now=clock.database_now(),
    )
    return {"newRevision": done.is_new, "pipelineExecutionId": str(done.execution_id) if done.execution_id else None}
