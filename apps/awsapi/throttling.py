"""How often an account may call the wire API. Only calls with a good signature are counted to an account."""

from typing import Final

from apps.awsapi.errors import AwsError
from apps.tenancy.models import Account
from apps.tenancy.throttle import Kind, seconds_to_wait

# A poll writes nothing unless it finds a job, so job workers that poll without a pause are readers.
READERS: Final = frozenset({"GetJobDetails", "GetThirdPartyJobDetails", "PollForJobs", "PollForThirdPartyJobs"})


def kind_of(operation: str) -> Kind:
    """Return how a call is counted; one that names no operation counts as a change."""
    reads = operation.startswith(("Get", "List")) or operation in READERS
    return Kind.READ if reads else Kind.CHANGE


def check_rate(account: Account, operation: str) -> None:
    """Raises AwsError ThrottlingException, which clients repeat by themselves."""
    wait = seconds_to_wait(account, kind_of(operation))
    if wait:
        raise AwsError("ThrottlingException", "Rate exceeded", retry_after=wait)
