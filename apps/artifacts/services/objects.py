"""Writing, finding and deleting single objects."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.artifacts.digests import Claims
from apps.artifacts.errors import ObjectExists
from apps.artifacts.incoming import Arrived, Incoming
from apps.artifacts.models import StoredObject
from apps.artifacts.selectors import find_object
from apps.artifacts.services.keys import check_name
from apps.artifacts.store import current_store
from apps.artifacts.verified import VerifiedReader, read_verified
from apps.core import clock
from apps.tenancy.models import Account

DEFAULT_CONTENT_TYPE = "binary/octet-stream"  # S3's own
READ_AT_ONCE = 1024**2
ATTEMPTS = 20  # of writers of one and the same object, each round lets at least one through
Saved = TypeVar("Saved")


@dataclass(frozen=True)
class Details:
    """What an object carries besides its bytes. Shapes as in StoredObject; `checksum_algorithm` may be empty."""

    content_type: str = DEFAULT_CONTENT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    checksum_algorithm: str = ""


def open_incoming(algorithms: Iterable[str] = ()) -> Incoming:
    """Open the store for bytes of unknown length. Raises StoreFull."""
    return Incoming(current_store(), limit_bytes=settings.ARTIFACT_LIMIT_BYTES, algorithms=algorithms)


def put_object(
    account: Account,
    bucket: str,
    key: str,
    stream: BinaryIO,
    *,
    details: Details = Details(),
    claims: Claims = Claims(),  # noqa: B008 - frozen
    now: datetime | None = None,
) -> StoredObject:
    """Store what a stream gives as the latest version of an object.

    Raises: InvalidObjectName, ObjectTooLarge, SizeMismatch, DigestMismatch, StoreFull.
    """
    check_name(bucket, key)
    algorithms = {*claims.checksums, *filter(None, [details.checksum_algorithm])}
    with open_incoming(algorithms) as incoming:
        while data := stream.read(READ_AT_ONCE):
            incoming.write(data)
        arrived = incoming.finish(claims)
    return save_object(account, bucket, key, arrived, details=details, now=now)


def save_object(
    account: Account,
    bucket: str,
    key: str,
    arrived: Arrived,
    *,
    details: Details,
    etag: str | None = None,
    checksum: str | None = None,
    only_if_absent: bool = False,
    now: datetime | None = None,
) -> StoredObject:
    """Make bytes that are in the store the latest version of an object. Raises InvalidObjectName, ObjectExists.

    When this fails the blob stays, for the commit may have reached the database all the same; the sweep decides later.
    """
    check_name(bucket, key)
    if checksum is None:
        checksum = arrived.checksums.get(details.checksum_algorithm, "")
    row = _new_version(arrived, details)
    row.account, row.bucket, row.key = account, bucket, key
    row.etag, row.checksum, row.created_at = etag or arrived.md5, checksum, now or clock.database_now()
    again_on_conflict(lambda: _make_latest(row, only_if_absent=only_if_absent))
    return row


def _new_version(arrived: Arrived, details: Details) -> StoredObject:
    return StoredObject(
        version_id=secrets.token_hex(16),
        size=arrived.size,
        sha256=arrived.sha256,
        content_type=details.content_type,
        metadata=dict(details.metadata),
        headers=dict(details.headers),
        checksum_algorithm=details.checksum_algorithm,
        blob=arrived.blob,
    )


def again_on_conflict(write: Callable[[], Saved]) -> Saved:
    """Run a transaction again when another writer of the same object committed meanwhile. Raises IntegrityError."""
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except IntegrityError:
            continue
    return write()


@transaction.atomic
def _make_latest(row: StoredObject, *, only_if_absent: bool) -> None:
    latest = StoredObject.objects.for_account(row.account).filter(bucket=row.bucket, key=row.key, is_latest=True)
    replaced = latest.update(is_latest=False)
    if only_if_absent and replaced:
        raise ObjectExists("At least one of the pre-conditions you specified did not hold: the object exists.")
    row.pk = None
    row.save(force_insert=True)


def head_object(account: Account, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
    """Raises ObjectNotFound, VersionNotFound."""
    return find_object(account, bucket, key, version_id)


def get_object(
    account: Account, bucket: str, key: str, version_id: str | None = None
) -> tuple[StoredObject, VerifiedReader]:
    """Return an object and a reader that checks it. Raises ObjectNotFound, VersionNotFound, ArtifactDamaged."""
    found = find_object(account, bucket, key, version_id)
    return found, read_verified(found)


def delete_object(account: Account, bucket: str, key: str, version_id: str | None = None) -> None:
    """Hide an object, or remove one version of it for good. What is not there is fine.

    Hidden, the object is not found any more, while its versions can still be read by their ids.
    """
    versions = StoredObject.objects.for_account(account).filter(bucket=bucket, key=key)
    if version_id is None:
        versions.filter(is_latest=True).update(is_latest=False)
        return
    blob = again_on_conflict(lambda: _remove_version(account, bucket, key, version_id))
    if blob:
        current_store().delete(blob)


@transaction.atomic
def _remove_version(account: Account, bucket: str, key: str, version_id: str) -> str | None:
    versions = StoredObject.objects.for_account(account).select_for_update(of=("self",)).filter(bucket=bucket, key=key)
    row = versions.filter(version_id=version_id).first()
    if row is None:
        return None
    row.delete()
    before = versions.order_by("-id").first() if row.is_latest else None
    if before is not None:
        before.is_latest = True
        before.save(update_fields=["is_latest"])
    return row.blob


def remove_objects(account: Account, names: Collection[tuple[str, str]]) -> None:
    """Remove every version of objects, each (bucket, key). Their bytes go when the transaction is committed.

    A process that dies in between leaves bytes that belong to nothing, which the sweep finds.
    """
    blobs: list[str] = []
    for bucket in sorted({bucket for bucket, _ in names}):
        keys = [key for own, key in names if own == bucket]
        rows = StoredObject.objects.for_account(account).filter(bucket=bucket, key__in=keys).order_by()
        blobs += rows.values_list("blob", flat=True)
        rows.delete()
    transaction.on_commit(lambda: _delete_blobs(blobs))


def _delete_blobs(blobs: list[str]) -> None:
    store = current_store()
    for blob in blobs:
        store.delete(blob)
