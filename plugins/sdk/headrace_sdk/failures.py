"""What the errors that the SDK raises mean for an action, so that a provider need not catch them."""

import errno

from .archive_limits import ArchiveRefused
from .aws import AwsNotConnected, AwsRefused
from .host import HostRefused
from .request import PeerUnavailable, SandboxUnavailable
from .types import Failed, SourceUnavailable

DISK_FULL = Failed("This server's disk is full. An operator has to make room; then retry.", code="SystemUnavailable")


def failed_for(error: BaseException) -> Failed | None:
    """Return the failure that an expected error means; None for one that a provider should not have let out."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if isinstance(error, SourceUnavailable | HostRefused):
        return Failed(error.message, code=error.code)
    if isinstance(error, PeerUnavailable | SandboxUnavailable):
        return Failed(str(error), code="SystemUnavailable")
    if isinstance(error, AwsNotConnected):
        return Failed(str(error), code="ConfigurationError")
    if isinstance(error, AwsRefused):
        return Failed(str(error), code=error.failure_code)
    if isinstance(error, ArchiveRefused):
        return Failed(str(error))
    return None
