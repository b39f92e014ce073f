"""Rule: asks a Lambda function of the account."""

import json
from typing import Any

from headrace_sdk import ActionTypeId, Failed, PeerUnavailable, Property, Request, RuleProvider, Succeeded, hookimpl

LONGEST_RUN_SECONDS = 15 * 60  # AWS Lambda Developer Guide, quotas
LONGEST_SHOWN = 500


class LambdaInvoke(RuleProvider):
    """Succeeds when the function returns, fails when it raises an error or runs out of time.

    The function gets the event that CodePipeline's Lambda action sends, without credentials of artifacts. It is waited
    for, so that it need not call PutJobSuccessResult.
    Source: CodePipeline User Guide, LambdaInvoke rule; Lambda API Reference, Invoke.
    """

    rule_type = ActionTypeId("Rule", "AWS", "LambdaInvoke", "1")
    properties = (
        Property("FunctionName", required=True, help="Name or ARN of the function, perhaps with :version or :alias."),
        Property("UserParameters", help="Text that the function finds in its event."),
    )
    input_artifacts = (0, 5)
    timeout_seconds = 3600
    description = "Invokes a Lambda function; its return is a yes, its error a no."
    uses_aws = True

    def start(self, request: Request) -> Succeeded | Failed:
        function = request.configuration["FunctionName"]
        answer = request.aws.call(
            "lambda",
            "invoke",
            {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": json.dumps(event_of(request))},
            time_limit_seconds=LONGEST_RUN_SECONDS,
        )
        payload = bytes(answer.get("Payload") or b"")
        try:
            told = json.loads(payload)
        except (ValueError, RecursionError):
            raise PeerUnavailable(f"What the function '{function}' returned is not JSON.") from None
        if "FunctionError" in answer:
            return Failed(f"The function '{function}' failed: {error_of(told)}")
        return Succeeded(f"The function '{function}' returned.", external_id=request.idempotency_token)


def event_of(request: Request) -> dict[str, Any]:
    """Return what the function is told. The job's id stays the same when a start is repeated after a crash."""
    configuration = {"FunctionName": request.configuration["FunctionName"]}
    if "UserParameters" in request.configuration:
        configuration["UserParameters"] = request.configuration["UserParameters"]
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [{"name": each.name, "revision": each.revision or None} for each in request.inputs.values()],
        "outputArtifacts": [],
    }
    return {"CodePipeline.job": {"id": request.idempotency_token, "accountId": request.account_id, "data": data}}


def error_of(told: object) -> str:
    """Return what a failed function said, as one sentence."""
    said = told.get("errorMessage") if isinstance(told, dict) else None
    text = " ".join(str(said).split()) if said else "it gave no reason"
    return f"{text[:LONGEST_SHOWN].rstrip('.')}."


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [LambdaInvoke()]
