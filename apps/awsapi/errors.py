"""What every error is called on the wire: one table from our classes to AWS's exception names."""

import errno
from typing import Final, NamedTuple

from apps.awsapi.shapes.model import OPERATIONS
from apps.core.errors import HeadraceError
from apps.core.locks import came_too_late

CONFLICT, INTERNAL, UNAVAILABLE = 409, 500, 503
UNAVAILABLE_MESSAGE = "The service is temporarily unavailable. Try again later."
BUSY_MESSAGE = "The pipeline is busy with another request, and nothing was changed. Try again."
DISK_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


class AwsError(HeadraceError):
    """An error that is AWS's own already. `code` is the exception's name, `status` the HTTP status.

    Units: `retry_after` in seconds, where clients are told when to come again.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class WireName(NamedTuple):
    """How a class of errors is told. `message` replaces texts that are for operators only."""

    code: str
    status: int = 400
    message: str | None = None


# Classes are named, not imported: the table may speak of apps that the import ladder keeps from knowing each other,
# and subclasses share the row of the nearest class above them.
TABLE: Final[dict[str, WireName]] = {
    "apps.awsapi.codecs.limits.SerializationError": WireName("SerializationException"),
    "apps.awsapi.shapes.violations.ValidationError": WireName("ValidationException"),
    "apps.awsapi.sigv4.request.IncompleteSignature": WireName("IncompleteSignatureException"),
    "apps.awsapi.sigv4.request.InvalidSignature": WireName("InvalidSignatureException"),
    "apps.awsapi.sigv4.request.MissingAuthenticationToken": WireName("MissingAuthenticationTokenException"),
    "apps.tenancy.errors.ExpiredSessionToken": WireName("ExpiredTokenException"),
    "apps.tenancy.errors.InvalidSessionToken": WireName("UnrecognizedClientException"),
    "apps.tenancy.errors.UnknownAccessKey": WireName("UnrecognizedClientException"),
    "apps.core.arns.InvalidArn": WireName("InvalidArnException"),
    "apps.core.pages.InvalidNextToken": WireName("InvalidNextTokenException"),
    "apps.core.tags.InvalidTags": WireName("InvalidTagsException"),
    "apps.core.tags.TooManyTags": WireName("TooManyTagsException"),
    "apps.actions.errors.ActionTypeInvalid": WireName("ValidationException"),
    "apps.actions.errors.ActionTypeNotFound": WireName("ActionTypeNotFoundException"),
    "apps.actions.errors.ExecutorUnavailable": WireName("RequestFailedException"),
    "apps.actions.errors.TooManyActionTypes": WireName("LimitExceededException"),
    "apps.artifacts.errors.StoreFull": WireName("ServiceUnavailable", UNAVAILABLE),
    "apps.jobs.errors.InvalidClientToken": WireName("InvalidClientTokenException"),
    "apps.jobs.errors.InvalidJob": WireName("InvalidJobException"),
    "apps.jobs.errors.InvalidJobResult": WireName("ValidationException"),
    "apps.jobs.errors.InvalidJobState": WireName("InvalidJobStateException"),
    "apps.jobs.errors.InvalidNonce": WireName("InvalidNonceException"),
    "apps.jobs.errors.InvalidQueryParameter": WireName("ValidationException"),
    "apps.jobs.errors.JobNotFound": WireName("JobNotFoundException"),
    "apps.jobs.errors.OutputVariablesTooLarge": WireName("OutputVariablesSizeExceededException"),
    "apps.pipelines.errors.ActionNotFound": WireName("ActionNotFoundException"),
    # The name of the service model. Some recordings of the live service show InvalidStructureException (reference 16).
    "apps.pipelines.errors.PipelineNameInUse": WireName("PipelineNameInUseException"),
    "apps.pipelines.errors.PipelineNotFound": WireName("PipelineNotFoundException"),
    "apps.pipelines.errors.PipelineVersionNotFound": WireName("PipelineVersionNotFoundException"),
    "apps.pipelines.errors.StageNotFound": WireName("StageNotFoundException"),
    "apps.pipelines.errors.TooManyPipelines": WireName("LimitExceededException"),
    "apps.pipelines.structure.errors.DefinitionInvalid": WireName("ValidationException"),
    "apps.pipelines.structure.errors.DefinitionLimitExceeded": WireName("LimitExceededException"),
    "apps.pipelines.structure.errors.InvalidActionDeclaration": WireName("InvalidActionDeclarationException"),
    "apps.pipelines.structure.errors.InvalidBlockerDeclaration": WireName("InvalidBlockerDeclarationException"),
    "apps.pipelines.structure.errors.InvalidStageDeclaration": WireName("InvalidStageDeclarationException"),
    "apps.pipelines.structure.errors.InvalidStructure": WireName("InvalidStructureException"),
    "apps.executions.errors.ActionExecutionNotFound": WireName("ActionExecutionNotFoundException"),
    "apps.executions.errors.ApprovalAlreadyCompleted": WireName("ApprovalAlreadyCompletedException"),
    "apps.executions.errors.ApprovalSummaryRequired": WireName("ValidationException"),
    "apps.executions.errors.ConditionNotOverridable": WireName("ConditionNotOverridableException"),
    "apps.executions.errors.DuplicateStopRequest": WireName("DuplicatedStopRequestException"),
    "apps.executions.errors.ExecutionNotFound": WireName("PipelineExecutionNotFoundException"),
    "apps.executions.errors.ExecutionNotStoppable": WireName("PipelineExecutionNotStoppableException"),
    "apps.executions.errors.ExecutionOutdated": WireName("PipelineExecutionOutdatedException"),
    "apps.executions.errors.InvalidApprovalToken": WireName("InvalidApprovalTokenException"),
    "apps.executions.errors.NotLatestExecution": WireName("NotLatestPipelineExecutionException"),
    "apps.executions.errors.RollbackRefused": WireName("UnableToRollbackStageException"),
    # Of a caller who may not: the model of PutApprovalResult has no exception for that, every service has this one.
    "apps.executions.errors.StarterMayNotApprove": WireName("AccessDeniedException"),
    "apps.executions.errors.StageNotRetryable": WireName("StageNotRetryableException"),
    "apps.executions.errors.StartInvalid": WireName("ValidationException"),
    "apps.executions.errors.TooManyExecutions": WireName("ConcurrentPipelineExecutionsLimitExceededException"),
    "apps.triggers.errors.InvalidWebhookAuthentication": WireName("InvalidWebhookAuthenticationParametersException"),
    "apps.triggers.errors.InvalidWebhookFilter": WireName("InvalidWebhookFilterPatternException"),
    "apps.triggers.errors.RevisionInvalid": WireName("ValidationException"),
    "apps.triggers.errors.TooManyWebhooks": WireName("LimitExceededException"),
    "apps.triggers.errors.WebhookInvalid": WireName("ValidationException"),
    "apps.triggers.errors.WebhookNotFound": WireName("WebhookNotFoundException"),
    "django.db.utils.InterfaceError": WireName("ServiceUnavailable", UNAVAILABLE, UNAVAILABLE_MESSAGE),
    "django.db.utils.OperationalError": WireName("ServiceUnavailable", UNAVAILABLE, UNAVAILABLE_MESSAGE),
}


def to_aws(error: BaseException, operation: str = "") -> AwsError | None:
    """Return the error as callers see it, or None for one that nobody foresaw. `operation`: its name, if known."""
    if isinstance(error, AwsError):
        return error
    if came_too_late(error) and (busy := _busy(operation)):
        return busy
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return AwsError("ServiceUnavailable", UNAVAILABLE_MESSAGE, UNAVAILABLE)
    for known in type(error).__mro__:
        name = TABLE.get(f"{known.__module__}.{known.__qualname__}")
        if name is not None:
            return AwsError(name.code, str(error) if name.message is None else name.message, name.status)
    return None


def _busy(operation: str) -> AwsError | None:
    """Return what an operation declares for a pipeline that others keep busy, if it declares anything."""
    declared = {shape.name for shape in OPERATIONS[operation].error_shapes} if operation in OPERATIONS else set()
    if "ConflictException" in declared:
        return AwsError("ConflictException", BUSY_MESSAGE, CONFLICT)
    if "ConcurrentModificationException" in declared:
        return AwsError("ConcurrentModificationException", BUSY_MESSAGE)
    return None


def internal_failure(request_id: str) -> AwsError:
    return AwsError(
        "InternalFailure",
        f"The request could not be completed because of a fault of the service. Request id: {request_id}.",
        INTERNAL,
    )
