"""Calls of AWS's services, with the credentials that the account configured and no others."""

from collections.abc import Mapping
from typing import Any, Protocol

DENIED = ("AccessDenied", "UnrecognizedClient", "InvalidClientTokenId", "InvalidSignature", "SignatureDoesNotMatch")
EXPIRED = ("ExpiredToken", "MissingAuthenticationToken", "IncompleteSignature", "OptInRequired")
BUSY = (
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
    "ServiceException",
)


class AwsNotConnected(Exception):
    """The account has no AWS connection; the text says where to make one."""


class AwsRefused(Exception):
    """A service answered with an error. `code` is the service's own, `status` that of HTTP."""

    def __init__(self, what: str, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{what} was refused with {code}: {message}".rstrip(": .") + ".")
        self.code = code
        self.status = status

    @property
    def is_passing(self) -> bool:
        """Say whether the same call may succeed later."""
        return self.status >= 500 or self.status == 429 or self.code.startswith(BUSY)

    @property
    def failure_code(self) -> str:
        """Return what this means for an action, one of FAILURE_CODES."""
        if self.code.startswith(DENIED + EXPIRED):
            return "PermissionError"
        return "SystemUnavailable" if self.is_passing else "ConfigurationError"


class Aws(Protocol):
    """The signing client. Connections are judged as those of `http` are."""

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, time_limit_seconds: float = 10
    ) -> dict[str, Any]:
        """Call one operation, both named as boto3's methods are: call("codebuild", "start_build", {...}).

        What the service streams comes whole, as bytes. Raises AwsNotConnected, AwsRefused, PeerUnavailable.
        """


class NoAws:
    """Stands for a connection that is not there."""

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, time_limit_seconds: float = 10
    ) -> dict[str, Any]:
        raise AwsNotConnected("This account has no AWS connection. An admin of the account can make one.")
