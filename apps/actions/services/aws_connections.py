"""The AWS connection of an account: whose credentials its rules call AWS with, and where."""

import re
from datetime import datetime

from apps.actions.errors import AwsConnectionInvalid, AwsConnectionNotFound
from apps.actions.models import AwsConnection
from apps.tenancy.models import Account
from headrace_sdk.egress import Egress, EgressRefused

REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
ACCESS_KEY_ID = re.compile(r"\w{4,128}", re.ASCII)
SECRET = re.compile(r"[!-~]{1,512}")


def set_aws_connection(
    account: Account, *, region: str, access_key_id: str, secret_access_key: str, endpoint_url: str = "", now: datetime
) -> AwsConnection:
    """Make or replace the connection. Its secret cannot be read again. Raises AwsConnectionInvalid."""
    if not REGION.fullmatch(region) or len(region) > 30:
        raise AwsConnectionInvalid(f"'{region[:40]}' is no region. Write it as us-east-1.")
    if not ACCESS_KEY_ID.fullmatch(access_key_id):
        raise AwsConnectionInvalid("An access key id has 4 to 128 letters and digits.")
    if not SECRET.fullmatch(secret_access_key):
        raise AwsConnectionInvalid("A secret access key has 1 to 512 visible ASCII characters.")
    _check_endpoint(endpoint_url)
    row = AwsConnection(
        account=account, region=region, access_key_id=access_key_id, endpoint_url=endpoint_url, updated_at=now
    )
    row.set_secret(secret_access_key)
    changed = ["region", "access_key_id", "sealed_secret", "endpoint_url", "updated_at"]
    AwsConnection.objects.bulk_create([row], update_conflicts=True, unique_fields=["account"], update_fields=changed)
    return row


def _check_endpoint(url: str) -> None:
    """Look at its form only: where it leads is judged at each call, for a name may lead elsewhere tomorrow."""
    try:
        if url:
            Egress().target(url)
        if len(url) > 255:
            raise EgressRefused("The URL has more than 255 characters.")
    except EgressRefused as refusal:
        raise AwsConnectionInvalid(f"The endpoint cannot be used. {refusal}") from None


def delete_aws_connection(account: Account) -> None:
    """Raises AwsConnectionNotFound."""
    number, _ = AwsConnection.objects.for_account(account).delete()
    if not number:
        raise AwsConnectionNotFound(f"The account {account.number} has no AWS connection.")
