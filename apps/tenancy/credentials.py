"""Who signed: permanent access keys, and the short-lived credentials that open just the artifacts of one job.

Temporary credentials are not stored. Their session token is a sealed statement of what they open and until when, and
their secret is derived from their id, so that offering a job costs no write and any web process can check them.
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from uuid import UUID

from django.conf import settings

from apps.core import clock
from apps.core.arns import user_arn
from apps.core.crypto import SecretDamaged, derive, open_sealed, seal
from apps.core.ids import new_access_key_id
from apps.tenancy.errors import ExpiredSessionToken, InvalidSessionToken, UnknownAccessKey
from apps.tenancy.grants import NOTHING, Grant
from apps.tenancy.models import AccessKey, Account

ObjectName = tuple[str, str]  # bucket, key
LAST_USED_EVERY = timedelta(minutes=1)
CACHE_SECONDS = 5.0
CACHE_ENTRIES = 10_000


@dataclass(frozen=True)
class ArtifactScope:
    """The objects that a job's credentials open."""

    job_id: str
    readable: frozenset[ObjectName]
    writable: frozenset[ObjectName]


@dataclass(frozen=True)
class Credentials:
    """A signer, looked up. `artifact_scope` is None for a permanent key."""

    access_key_id: str
    secret: str = field(repr=False)
    account: Account
    principal_arn: str
    grant: Grant
    artifact_scope: ArtifactScope | None = None

    @property
    def account_number(self) -> str:
        return self.account.number


@dataclass(frozen=True)
class TemporaryCredentials:
    """What a job worker gets: the three values of AWSSessionCredentials."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


_cache: dict[str, tuple[float, Credentials]] = {}
_cache_lock = Lock()


def find_credentials(access_key_id: str, session_token: str | None) -> Credentials:
    """Return the signer behind an access key id.

    A revoked key is refused at the latest five seconds later, in every process.
    Raises: UnknownAccessKey, InvalidSessionToken, ExpiredSessionToken.
    """
    if access_key_id.startswith("ASIA"):
        return _temporary(access_key_id, session_token)
    if session_token is not None:
        raise InvalidSessionToken("The security token included in the request is invalid.")
    cached = _cache.get(access_key_id)
    if cached and cached[0] > time.monotonic():
        return cached[1]
    found = _permanent(access_key_id)
    with _cache_lock:
        if len(_cache) >= CACHE_ENTRIES:
            _cache.clear()
        _cache[access_key_id] = (time.monotonic() + CACHE_SECONDS, found)
    return found


def forget_credentials() -> None:
    """Drop what is cached in this process, so that a change is seen at once."""
    with _cache_lock:
        _cache.clear()


def _permanent(access_key_id: str) -> Credentials:
    key = AccessKey.objects.select_related("account").filter(key_id=access_key_id, is_active=True).first()
    if key is None:
        raise UnknownAccessKey("The security token included in the request is invalid.")
    now = clock.database_now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
        AccessKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return Credentials(
        access_key_id=key.key_id,
        secret=key.get_secret(),
        account=key.account,
        principal_arn=user_arn(key.account.number, key.principal),
        grant=key.grant,
    )


def issue_artifact_credentials(
    account: Account, *, job_id: UUID, readable: Collection[ObjectName], writable: Collection[ObjectName]
) -> TemporaryCredentials:
    """Make credentials that open the artifacts of one job for `ARTIFACT_CREDENTIAL_SECONDS`."""
    key_id = new_access_key_id("ASIA")
    ends = clock.database_now() + timedelta(seconds=settings.ARTIFACT_CREDENTIAL_SECONDS)
    statement = {
        "account": account.pk,
        "job": str(job_id),
        "read": sorted(map(list, readable)),
        "write": sorted(map(list, writable)),
        "ends": ends.timestamp(),
    }
    token = seal(json.dumps(statement, separators=(",", ":")), bound_to=f"session/{key_id}")
    return TemporaryCredentials(key_id, _derived_secret(key_id), token)


def _derived_secret(key_id: str) -> str:
    return derive("artifact-session", key_id).hex()[:40]


def _temporary(key_id: str, token: str | None) -> Credentials:
    try:
        statement = json.loads(open_sealed(token or "", bound_to=f"session/{key_id}"))
    except (SecretDamaged, ValueError):
        raise InvalidSessionToken("The security token included in the request is invalid.") from None
    if statement["ends"] < clock.database_now().timestamp():
        raise ExpiredSessionToken("The security token included in the request is expired.")
    account = Account.objects.filter(pk=statement["account"]).first()
    if account is None:
        raise InvalidSessionToken("The security token included in the request is invalid.")
    job_id = statement["job"]
    return Credentials(
        access_key_id=key_id,
        secret=_derived_secret(key_id),
        account=account,
        principal_arn=f"arn:aws:sts::{account.number}:assumed-role/headrace-job/{job_id}",
        grant=NOTHING,
        artifact_scope=ArtifactScope(
            job_id=job_id,
            readable=frozenset((bucket, key) for bucket, key in statement["read"]),
            writable=frozenset((bucket, key) for bucket, key in statement["write"]),
        ),
    )
