"""May a caller do this? By the role, the policy document or the action types of its access key."""

from collections.abc import Mapping
from typing import Any, Final

from apps.awsapi.caller import Caller
from apps.awsapi.errors import AwsError
from apps.awsapi.resources import passed_role, resources_of
from apps.jobs.selectors import action_type_of, job_not_found
from apps.tenancy.policy import Decision, Policy
from apps.tenancy.roles import Role

_TABLE: Final[dict[Role, tuple[str, ...]]] = {
    Role.VIEWER: (
        "GetActionType",
        "GetPipeline",
        "GetPipelineExecution",
        "GetPipelineState",
        "ListActionExecutions",
        "ListActionTypes",
        "ListDeployActionExecutionTargets",
        "ListPipelineExecutions",
        "ListPipelines",
        "ListRuleExecutions",
        "ListRuleTypes",
        "ListTagsForResource",
        "ListWebhooks",
    ),
    Role.DEVELOPER: (
        "AcknowledgeJob",
        "AcknowledgeThirdPartyJob",
        "CreateCustomActionType",
        "CreatePipeline",
        "DeleteCustomActionType",
        "DeletePipeline",
        "DeleteWebhook",
        "DeregisterWebhookWithThirdParty",
        "GetJobDetails",  # carries secrets in clear and artifact credentials: no mere read
        "GetThirdPartyJobDetails",
        "PollForJobs",
        "PollForThirdPartyJobs",
        "PutActionRevision",
        "PutJobFailureResult",
        "PutJobSuccessResult",
        "PutThirdPartyJobFailureResult",
        "PutThirdPartyJobSuccessResult",
        "PutWebhook",
        "RegisterWebhookWithThirdParty",
        "RetryStageExecution",
        "RollbackStage",
        "StartPipelineExecution",
        "StopPipelineExecution",
        "TagResource",
        "UntagResource",
        "UpdateActionType",
        "UpdatePipeline",
    ),
    Role.RELEASER: (
        "DisableStageTransition",
        "EnableStageTransition",
        "OverrideStageCondition",
        "PutApprovalResult",
    ),
}
MINIMAL_ROLES: Final[Mapping[str, Role]] = {name: role for role, names in _TABLE.items() for name in names}


# What the key of a job worker may call: polls for its own action types, and what concerns a job that they led to.
POLLS: Final = frozenset({"PollForJobs", "PollForThirdPartyJobs"})
JOB_CALLS: Final = frozenset(
    {
        "AcknowledgeJob",
        "AcknowledgeThirdPartyJob",
        "GetJobDetails",
        "GetThirdPartyJobDetails",
        "PutJobFailureResult",
        "PutJobSuccessResult",
        "PutThirdPartyJobFailureResult",
        "PutThirdPartyJobSuccessResult",
    }
)


def check_permission(caller: Caller, operation: str, request: dict[str, Any]) -> None:
    """Raises AwsError AccessDeniedException; for a job that a job worker's key does not see, JobNotFound.

    No query is made, but for a job worker's key that names a job.
    """
    grant, action = caller.grant, f"codepipeline:{operation}"
    resources = resources_of(operation, caller.account_number, request)
    if grant.policy is not None:
        _check_policy(caller, grant.policy, action, resources)
        role_arn = passed_role(operation, request)
        if role_arn is not None:
            _check_policy(caller, grant.policy, "iam:PassRole", (role_arn,))
    elif grant.role is not None:
        if not grant.role.includes(MINIMAL_ROLES.get(operation, Role.ADMIN)):
            raise denied(caller, action, resources[0])
    elif operation in JOB_CALLS and grant.action_types:
        _check_job(caller, request["jobId"])
    elif operation not in POLLS or polled_type(request) not in grant.action_types:
        raise denied(caller, action, resources[0])


def _check_policy(caller: Caller, policy: Policy, action: str, resources: tuple[str, ...]) -> None:
    decision = policy.decide(action, resources)
    if decision is not Decision.ALLOWED:
        raise denied(caller, action, resources[0], explicitly=decision is Decision.DENIED)


def _check_job(caller: Caller, job_id: str) -> None:
    """A job of another action type is not there for this key, as one of another account is not."""
    if action_type_of(caller.account, job_id) not in caller.grant.action_types:
        raise job_not_found(job_id)


def polled_type(request: dict[str, Any]) -> str:
    return "/".join(request["actionTypeId"][member] for member in ("category", "owner", "provider", "version"))


def denied(caller: Caller, action: str, resource: str, *, explicitly: bool = False) -> AwsError:
    """Return the refusal in AWS's words. Source: IAM user guide, "Troubleshoot access denied error messages"."""
    why = (
        "with an explicit deny in an identity-based policy"
        if explicitly
        else f"because no identity-based policy allows the {action} action"
    )
    text = f"User: {caller.principal_arn} is not authorized to perform: {action} on resource: {resource} {why}"
    return AwsError("AccessDeniedException", text)
