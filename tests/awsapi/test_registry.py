"""The registry of operations, the table of roles and the table of errors."""

from importlib import import_module

import pytest
from botocore.model import NoShapeFoundError

from apps.awsapi.errors import TABLE, AwsError, to_aws
from apps.awsapi.permissions import MINIMAL_ROLES
from apps.awsapi.registry import Operation, discover, operation
from apps.awsapi.resources import RESOURCES
from apps.awsapi.shapes import OPERATIONS
from apps.awsapi.shapes.model import SERVICE
from apps.core.errors import HeadraceError
from apps.pipelines.errors import PipelineNotFound
from apps.tenancy.roles import Role
from tests.awsapi.driver import json_call, send, wire

# Names that no service model lists; every service may answer them.
COMMON_ERRORS = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ServiceUnavailable",
    "UnrecognizedClientException",
}


def is_modelled(code: str) -> bool:
    try:
        return bool(SERVICE.shape_for(code).metadata.get("exception"))
    except NoShapeFoundError:
        return False


def test_a_name_that_the_model_lacks_cannot_be_registered():
    with pytest.raises(ValueError, match="StopPipelineExecutions"):
        operation("StopPipelineExecutions")(lambda caller, request: None)


def test_reads_run_again_on_a_new_connection_and_changes_do_not():
    """A change may have been committed although its answer was lost: the caller, who has a token, repeats it."""
    again = {name for name, found in discover().items() if found.retry_safe}
    assert again == {name for name in OPERATIONS if name.startswith(("Get", "List"))}


def test_every_operation_of_the_model_is_answered():
    assert len(OPERATIONS) == 44
    assert discover().keys() == OPERATIONS.keys()


def test_a_name_cannot_be_taken_twice():
    discover()
    with pytest.raises(ValueError, match="already"):
        operation("GetPipeline")(lambda caller, request: None)


def test_the_table_of_roles_names_each_operation_of_the_model():
    assert MINIMAL_ROLES.keys() == OPERATIONS.keys() == RESOURCES.keys()


@pytest.mark.parametrize(
    ("role", "operation_name", "allowed"),
    [
        (Role.VIEWER, "GetPipelineState", True),
        (Role.VIEWER, "StartPipelineExecution", False),
        (Role.VIEWER, "GetJobDetails", False),
        (Role.DEVELOPER, "StartPipelineExecution", True),
        (Role.DEVELOPER, "PutApprovalResult", False),
        (Role.DEVELOPER, "EnableStageTransition", False),
        (Role.RELEASER, "PutApprovalResult", True),
        (Role.RELEASER, "UpdatePipeline", True),
        (Role.ADMIN, "PutApprovalResult", True),
    ],
)
async def test_a_role_may_do_what_the_table_says(role, operation_name, allowed):
    requests = {
        "GetPipelineState": {"name": "release"},
        "StartPipelineExecution": {"name": "release"},
        "GetJobDetails": {"jobId": "11111111-2222-3333-4444-555555555555"},
        "PutApprovalResult": {
            "pipelineName": "release",
            "stageName": "Gate",
            "actionName": "Ask",
            "result": {"summary": "", "status": "Approved"},
            "token": "11111111-2222-3333-4444-555555555555",
        },
        "EnableStageTransition": {"pipelineName": "release", "stageName": "Gate", "transitionType": "Inbound"},
        "UpdatePipeline": {
            "pipeline": {"name": "release", "roleArn": "arn:aws:iam::111122223333:role/r", "stages": []}
        },
    }
    application = wire(Operation(operation_name, lambda caller, request: {}))
    reply = await send(application, json_call(operation_name, requests[operation_name], key_id=role.value))
    assert reply.error == ("" if allowed else "AccessDeniedException")
    if not allowed:
        arn = "arn:aws:codepipeline:us-east-1:111122223333:release"
        resource = {"GetJobDetails": "*", "PutApprovalResult": f"{arn}/Gate/Ask"}.get(operation_name, arn)
        assert reply.body["message"] == (
            f"User: arn:aws:iam::111122223333:user/{role} is not authorized to perform: "
            f"codepipeline:{operation_name} on resource: {resource} "
            f"because no identity-based policy allows the codepipeline:{operation_name} action"
        )


@pytest.mark.parametrize("path", TABLE)
def test_each_row_of_the_error_table_names_a_class_that_exists_and_an_error_that_clients_know(path):
    module, _, name = path.rpartition(".")
    assert issubclass(getattr(import_module(module), name), Exception)
    assert is_modelled(TABLE[path].code) or TABLE[path].code in COMMON_ERRORS | {"ValidationException"}


def test_a_subclass_is_told_like_the_nearest_class_above_it():
    class PipelineGone(PipelineNotFound):
        pass

    told = to_aws(PipelineGone("gone"))
    assert told is not None
    assert (told.code, told.message, told.status) == ("PipelineNotFoundException", "gone", 400)


def test_an_error_that_is_aws_s_own_stays_as_it_is_and_an_unknown_one_is_not_guessed():
    own = AwsError("ConflictException", "Busy.", 409)
    assert to_aws(own) is own
    assert to_aws(HeadraceError("unmapped")) is None
    assert to_aws(KeyError("x")) is None


# Raised while an execution runs, and told as the failure of its action: no caller of the wire API gets them.
WHILE_RUNNING = {"UnresolvedVariable", "UnusableVariable"}
# Of what the wire API has no operation for.
OVER_REST = {"ApprovalRuleInvalid", "AwsConnectionInvalid", "AwsConnectionNotFound"}


@pytest.mark.parametrize("app", ["actions", "executions", "jobs", "pipelines", "pipelines.structure"])
def test_each_error_that_an_operation_may_raise_has_a_row(app):
    errors = vars(import_module(f"apps.{app}.errors"))
    own = {name for name, value in errors.items() if isinstance(value, type) and value is not HeadraceError}
    rows = {path.rpartition(".")[2] for path in TABLE if path.startswith(f"apps.{app}.errors.")}
    assert own - WHILE_RUNNING - OVER_REST == rows
