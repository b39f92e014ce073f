"""Objects that arrive in parts."""

import base64
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from itertools import pairwise
from typing import BinaryIO

from django.db import transaction

from apps.artifacts.digests import Claims, digest_of
from apps.artifacts.errors import InvalidPart, InvalidPartOrder, PartTooSmall, UploadNotFound
from apps.artifacts.incoming import Arrived
from apps.artifacts.models import MultipartUpload, StoredObject, UploadPart
from apps.artifacts.selectors import find_object, find_upload, parts_of
from apps.artifacts.services.keys import check_name
from apps.artifacts.services.objects import READ_AT_ONCE, Details, again_on_conflict, open_incoming, save_object
from apps.artifacts.store import current_store
from apps.core import clock
from apps.tenancy.models import Account

LEAST_PART_BYTES = 5 * 1024**2
MOST_PARTS = 10_000


@dataclass(frozen=True)
class PartNamed:
    """A part as the client lists it when it completes an upload. Shapes: `etag` without quotes."""

    number: int
    etag: str
    checksum: str = ""


def begin_upload(
    account: Account,
    bucket: str,
    key: str,
    *,
    details: Details,
    is_checksum_of_whole: bool = False,
    now: datetime | None = None,
) -> MultipartUpload:
    """Raises InvalidObjectName."""
    check_name(bucket, key)
    return MultipartUpload.objects.create(
        account=account,
        upload_id=secrets.token_hex(16),
        bucket=bucket,
        key=key,
        content_type=details.content_type,
        metadata=dict(details.metadata),
        headers=dict(details.headers),
        checksum_algorithm=details.checksum_algorithm,
        is_checksum_of_whole=is_checksum_of_whole,
        created_at=now or clock.database_now(),
    )


def upload_part(upload: MultipartUpload, number: int, stream: BinaryIO, *, claims: Claims = Claims()) -> UploadPart:  # noqa: B008
    """Store one part. Raises: InvalidPart, ObjectTooLarge, SizeMismatch, DigestMismatch, StoreFull, UploadNotFound."""
    with open_incoming({*claims.checksums, *filter(None, [upload.checksum_algorithm])}) as incoming:
        while data := stream.read(READ_AT_ONCE):
            incoming.write(data)
        arrived = incoming.finish(claims)
    return save_part(upload, number, arrived)


def save_part(upload: MultipartUpload, number: int, arrived: Arrived, *, now: datetime | None = None) -> UploadPart:
    """Make bytes that are in the store a part of an upload. Raises: InvalidPart, UploadNotFound."""
    if not 1 <= number <= MOST_PARTS:
        raise InvalidPart(f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive")
    row = UploadPart(
        account=upload.account,
        upload=upload,
        number=number,
        size=arrived.size,
        sha256=arrived.sha256,
        etag=arrived.md5,
        checksum=arrived.checksums.get(upload.checksum_algorithm, ""),
        blob=arrived.blob,
        created_at=now or clock.database_now(),
    )
    with _dropped_when_too_late(arrived):
        replaced = again_on_conflict(lambda: _replace_part(row))
    for blob in replaced:
        current_store().delete(blob)
    return row


@transaction.atomic
def _replace_part(row: UploadPart) -> list[str]:
    _locked(row.upload, row.account)
    same = UploadPart.objects.for_account(row.account).filter(upload=row.upload, number=row.number)
    blobs = list(same.values_list("blob", flat=True))
    same.delete()
    row.pk = None
    row.save(force_insert=True)
    return blobs


def complete_upload(
    account: Account,
    bucket: str,
    key: str,
    upload_id: str,
    named: Sequence[PartNamed],
    *,
    claims: Claims = Claims(),  # noqa: B008 - frozen
    only_if_absent: bool = False,
) -> StoredObject:
    """Join the named parts to an object. Done twice it gives the same answer.

    Raises: UploadNotFound, InvalidPart, InvalidPartOrder, PartTooSmall, SizeMismatch, DigestMismatch, ObjectExists,
    ObjectTooLarge, StoreFull, ArtifactDamaged.
    """
    upload = find_upload(account, bucket, key, upload_id)
    if upload.completed_version_id:
        return find_object(account, bucket, key, upload.completed_version_id)
    parts = _chosen(parts_of(account, upload), named)
    arrived = _joined(upload, parts, claims)
    try:
        with _dropped_when_too_late(arrived):
            saved, blobs = _complete(upload, parts, arrived, only_if_absent=only_if_absent)
    except UploadNotFound:
        upload = find_upload(account, bucket, key, upload_id)
        return find_object(account, bucket, key, upload.completed_version_id)  # another request was faster
    for blob in blobs:
        current_store().delete(blob)
    return saved


def abort_upload(account: Account, bucket: str, key: str, upload_id: str) -> None:
    """Forget an upload and its parts. Raises UploadNotFound."""
    upload = find_upload(account, bucket, key, upload_id)
    if upload.completed_version_id:
        raise UploadNotFound("The specified multipart upload does not exist. It was completed.")
    drop_upload(account, upload)


def drop_upload(account: Account, upload: MultipartUpload) -> None:
    """Remove an upload with its parts; the object that it may have become stays."""
    with transaction.atomic():
        parts = UploadPart.objects.for_account(account).filter(upload=upload)
        blobs = list(parts.values_list("blob", flat=True))
        upload.delete()
    for blob in blobs:
        current_store().delete(blob)


def _chosen(there: list[UploadPart], named: Sequence[PartNamed]) -> list[UploadPart]:
    numbers = [part.number for part in named]
    if not numbers:
        raise InvalidPart("You must specify at least one part")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise InvalidPartOrder("The list of parts was not in ascending order. Parts must be ordered by part number.")
    by_number = {part.number: part for part in there}
    chosen = []
    for wanted in named:
        part = by_number.get(wanted.number)
        if part is None or part.etag != wanted.etag or wanted.checksum not in ("", part.checksum):
            raise InvalidPart(
                f"Part {wanted.number} could not be found: it may not have been uploaded, or its entity tag or "
                "checksum is not that of the uploaded part."
            )
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < LEAST_PART_BYTES:
            raise PartTooSmall(f"Part {part.number} is smaller than {LEAST_PART_BYTES} bytes, and it is not the last.")
    return chosen


def _joined(upload: MultipartUpload, parts: list[UploadPart], claims: Claims) -> Arrived:
    store = current_store()
    whole = [upload.checksum_algorithm] if upload.is_checksum_of_whole else []
    with open_incoming({*whole, *claims.checksums}) as incoming:
        for part in parts:
            reader = store.open_read(part.blob)
            try:
                while data := reader.read(READ_AT_ONCE):
                    incoming.write(data)
            finally:
                reader.close()
        return incoming.finish(claims)


@transaction.atomic
def _complete(
    upload: MultipartUpload, parts: list[UploadPart], arrived: Arrived, *, only_if_absent: bool
) -> tuple[StoredObject, list[str]]:
    account = upload.account
    locked = _locked(upload, account)
    etags = b"".join(bytes.fromhex(part.etag) for part in parts)
    saved = save_object(
        account,
        upload.bucket,
        upload.key,
        arrived,
        details=Details(upload.content_type, upload.metadata, upload.headers, upload.checksum_algorithm),
        etag=f"{md5(etags, usedforsecurity=False).hexdigest()}-{len(parts)}",
        checksum=None if upload.is_checksum_of_whole else _composite(upload.checksum_algorithm, parts),
        only_if_absent=only_if_absent,
    )
    rows = UploadPart.objects.for_account(account).filter(upload=locked)
    blobs = list(rows.values_list("blob", flat=True))
    rows.delete()
    locked.completed_version_id = saved.version_id
    locked.save(update_fields=["completed_version_id"])
    return saved, blobs


def _composite(algorithm: str, parts: list[UploadPart]) -> str:
    """Return S3's checksum of checksums, `<base64>-<number of parts>`."""
    if not algorithm:
        return ""
    joined = b"".join(base64.b64decode(part.checksum) for part in parts)
    return f"{base64.b64encode(digest_of(algorithm, joined)).decode()}-{len(parts)}"


@contextmanager
def _dropped_when_too_late(arrived: Arrived) -> Iterator[None]:
    """Remove bytes whose upload has ended meanwhile: then it is certain that no row names them."""
    try:
        yield
    except UploadNotFound:
        current_store().delete(arrived.blob)
        raise


def _locked(upload: MultipartUpload, account: Account) -> MultipartUpload:
    locked = MultipartUpload.objects.for_account(account).select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if locked is None or locked.completed_version_id:
        raise UploadNotFound("The specified multipart upload does not exist. It may have been aborted or completed.")
    return locked
