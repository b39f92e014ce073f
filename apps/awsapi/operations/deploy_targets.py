"""What a deploy action deployed to, target by target."""

from typing import Any
from uuid import UUID

from apps.awsapi.caller import Caller
from apps.awsapi.registry import operation
from apps.core.pages import InvalidNextToken
from apps.executions.selectors import action_execution_not_found, find_action_execution
from apps.pipelines.selectors import find_pipeline


@operation("ListDeployActionExecutionTargets")
def list_deploy_action_execution_targets(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    """Only the EC2 and EKS actions of AWS have targets; of any other action the list is empty (reference 9.5).

    An empty list has no second page, so that no token was ever issued.
    """
    named = request.get("pipelineName")
    pipeline = None if named is None else find_pipeline(caller.account, named)
    find_action_execution(caller.account, _id(request["actionExecutionId"]), pipeline=pipeline)
    if "nextToken" in request:
        raise InvalidNextToken("The nextToken is not valid. The targets of an action come in one page.")
    return {"targets": []}


def _id(text: str) -> UUID:
    """The model takes any text for an action execution's id; ours are UUIDs. Raises ActionExecutionNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise action_execution_not_found(text) from None
