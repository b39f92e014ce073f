"""Every failure as a problem document. Source: RFC 9457."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.actions.errors import AwsConnectionInvalid, AwsConnectionNotFound
from apps.artifacts.errors import ArtifactDamaged, ObjectNotFound
from apps.connections.errors import ConnectionInvalid, ConnectionNameTaken, ConnectionNotFound, TooManyConnections
from apps.core.errors import HeadraceError
from apps.core.pages import InvalidNextToken
from apps.executions.errors import (
    ActionExecutionNotFound,
    ApprovalAlreadyCompleted,
    ApprovalSummaryRequired,
    InvalidApprovalToken,
    StarterMayNotApprove,
)
from apps.notifications.errors import (
    DeliveryNotDead,
    DeliveryNotFound,
    RuleInvalid,
    RuleNotFound,
    SecretInvalid,
    TargetInvalid,
    TargetNotFound,
    TooManyRules,
    TooManyTopics,
    TopicInvalid,
    TopicNotFound,
)
from apps.pipelines.errors import ActionNotFound, ApprovalRuleInvalid, PipelineNotFound, StageNotFound
from apps.tenancy.errors import (
    AccessKeyNotFound,
    ApiTokenNotFound,
    GrantInvalid,
    PolicyInvalid,
    TooManyAccessKeys,
    TooManyApiTokens,
)
from apps.triggers.errors import (
    ScheduledPipelineNotFound,
    ScheduleExpressionInvalid,
    ScheduleNameInvalid,
    ScheduleNotFound,
    ScheduleZoneInvalid,
    TooManySchedules,
)

logger = logging.getLogger(__name__)
CONTENT_TYPE: Final = "application/problem+json"
UNFORESEEN: Final = "The request could not be completed because of a fault of the service."
# What our own errors are here: a status, and the member of the request that is to blame.
ERRORS: Final[Mapping[type[Exception], tuple[int, str | None]]] = {
    AccessKeyNotFound: (404, None),
    ActionExecutionNotFound: (404, None),
    ActionNotFound: (404, None),
    ApiTokenNotFound: (404, None),
    ApprovalAlreadyCompleted: (409, None),
    ApprovalRuleInvalid: (400, "needed"),
    ApprovalSummaryRequired: (400, "summary"),
    ArtifactDamaged: (500, None),
    AwsConnectionInvalid: (400, ""),
    AwsConnectionNotFound: (404, None),
    DeliveryNotDead: (409, None),
    DeliveryNotFound: (404, None),
    ConnectionInvalid: (400, ""),
    ConnectionNameTaken: (409, None),
    ConnectionNotFound: (404, None),
    GrantInvalid: (400, ""),
    InvalidApprovalToken: (404, None),
    InvalidNextToken: (400, "after"),
    ObjectNotFound: (404, None),
    PipelineNotFound: (404, None),
    PolicyInvalid: (400, "policy"),
    RuleInvalid: (400, ""),
    RuleNotFound: (404, None),
    ScheduleExpressionInvalid: (400, "expression"),
    ScheduleNameInvalid: (400, None),
    ScheduleNotFound: (404, None),
    ScheduleZoneInvalid: (400, "time_zone"),
    ScheduledPipelineNotFound: (400, "pipeline"),
    SecretInvalid: (400, "secret"),
    StageNotFound: (404, None),
    StarterMayNotApprove: (403, None),
    TargetInvalid: (400, "targets"),
    TargetNotFound: (404, None),
    TooManyAccessKeys: (409, None),
    TooManyApiTokens: (409, None),
    TooManyRules: (409, None),
    TooManySchedules: (409, None),
    TooManyTopics: (409, None),
    TopicInvalid: (400, ""),
    TopicNotFound: (404, None),
    TooManyConnections: (409, None),
}


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return a problem document. Shapes: `errors` names each faulty member by a JSON pointer."""
    found = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return found | ({"errors": errors} if errors else {})


def problem_response(status: int, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)


def answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer what a view raised."""
    set_rollback()
    status, detail, errors = _read(error)
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    return Response(problem(status, detail, errors), status, headers=headers, content_type=CONTENT_TYPE)


def _read(error: Exception) -> tuple[int, str, list[dict[str, str]] | None]:
    """Return status, detail and the faults of single members."""
    if isinstance(error, Http404):
        return 404, "There is nothing here that you may see.", None
    if isinstance(error, RequestDataTooBig):
        return 413, f"The body must not exceed {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.", None
    if isinstance(error, PermissionDenied):
        return 403, str(error) or "You may not do this.", None
    if isinstance(error, exceptions.ValidationError):
        faults = list(_faults(error.detail, ""))
        return error.status_code, "The request is not valid; `errors` says where.", faults
    if isinstance(error, exceptions.APIException):
        return error.status_code, str(error.detail), None
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("A request found no database: %r", error)
        return 503, "The service is temporarily unavailable. Try again later.", None
    for known, (status, member) in ERRORS.items():
        if isinstance(error, known) and isinstance(error, HeadraceError):
            pointer = None if member is None else f"#/{member}" if member else "#"
            return status, error.message, [{"pointer": pointer, "detail": error.message}] if pointer else None
    logger.error("A request failed unexpectedly.", exc_info=error)
    return 500, UNFORESEEN, None


def _faults(found: Any, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(found, Mapping):
        for name, below in found.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _faults(below, f"{pointer}/{step}" if step else pointer)
    elif isinstance(found, list):
        for each in found:
            yield from _faults(each, pointer)
    else:
        yield {"pointer": f"#{pointer}", "detail": str(found)}
