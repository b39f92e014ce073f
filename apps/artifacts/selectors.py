"""Reads: one object, or a page of names."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, CharField, F, Max, QuerySet, Value, When
from django.db.models.functions import Collate, Concat, Left, StrIndex, Substr

from apps.artifacts.errors import ObjectNotFound, UploadNotFound, VersionNotFound
from apps.artifacts.models import MultipartUpload, StoredObject, UploadPart
from apps.tenancy.models import Account

LAST_CHARACTER = "\U0010ffff"


def find_object(account: Account, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
    """Return the latest or the named version of an object. Raises ObjectNotFound, VersionNotFound."""
    versions = StoredObject.objects.for_account(account).filter(bucket=bucket, key=key)
    if version_id is not None:
        found = versions.filter(version_id=version_id).first()
        if found is None:
            raise VersionNotFound("The specified version does not exist.")
        return found
    found = versions.filter(is_latest=True).first()
    if found is None:
        raise ObjectNotFound("The specified key does not exist.")
    return found


def find_objects(account: Account, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredObject]:
    """Return the latest versions of those of (bucket, key) that are there, in one query."""
    rows = StoredObject.objects.for_account(account).filter(is_latest=True, key__in=[key for _, key in names])
    found = {(row.bucket, row.key): row for row in rows}
    return {name: found[name] for name in names if name in found}


def find_upload(account: Account, bucket: str, key: str, upload_id: str) -> MultipartUpload:
    """Return an upload, be it completed or not. Raises UploadNotFound."""
    uploads = MultipartUpload.objects.for_account(account)
    found = uploads.filter(bucket=bucket, key=key, upload_id=upload_id).first()
    if found is None:
        raise UploadNotFound("The specified multipart upload does not exist. It may have been aborted or completed.")
    return found


def parts_of(account: Account, upload: MultipartUpload) -> list[UploadPart]:
    return list(UploadPart.objects.for_account(account).filter(upload=upload).order_by("number"))


@dataclass(frozen=True)
class Listing:
    """A page of names in the order of their UTF-8 bytes. `resume_after` is None on the last page."""

    objects: tuple[StoredObject, ...]
    common_prefixes: tuple[str, ...]
    resume_after: str | None


def list_objects(
    account: Account, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
) -> Listing:
    """Return the latest versions whose key starts with `prefix`, folding names that go on past `delimiter`.

    Two queries, whatever the number of objects. Shapes: `after` is a key, or the `resume_after` of the page before.
    """
    rows = _entries(_named(account, bucket, prefix), prefix, delimiter)
    if after:
        rows = rows.filter(entry__gt=after)
    page = list(rows.order_by("entry")[: limit + 1]) if limit else []
    folded = tuple(row["entry"] for row in page[:limit] if row["folded"])
    wanted = [row["newest"] for row in page[:limit] if not row["folded"]]
    objects = StoredObject.objects.for_account(account).in_bulk(wanted)
    resume_after = page[limit - 1]["entry"] if len(page) > limit else None
    return Listing(tuple(objects[row_id] for row_id in wanted), folded, resume_after)


def _named(account: Account, bucket: str, prefix: str) -> QuerySet:
    rows = StoredObject.objects.for_account(account).filter(bucket=bucket, is_latest=True)
    rows = rows.annotate(name=Collate("key", "C" if connection.vendor == "postgresql" else "BINARY"))
    # Not LIKE, which on SQLite takes a for A.
    return rows.filter(name__gte=prefix, name__lt=prefix + LAST_CHARACTER) if prefix else rows


def _entries(rows: QuerySet, prefix: str, delimiter: str) -> QuerySet:
    if not delimiter:
        return rows.values(entry=F("name")).annotate(newest=Max("id"), folded=Value(0))
    at = StrIndex(Substr("key", len(prefix) + 1), Value(delimiter))
    fold = Concat(Left("key", len(prefix) + F("at") - 1), Value(delimiter), output_field=CharField())
    collation = "C" if connection.vendor == "postgresql" else "BINARY"
    rows = rows.annotate(at=at)
    entry = Collate(Case(When(at__gt=0, then=fold), default=F("key"), output_field=CharField()), collation)
    return rows.values(entry=entry).annotate(newest=Max("id"), folded=Max("at"))


def blobs_in_use(blobs: list[str]) -> set[str]:
    """Return those of `blobs` that some object or part of any account names. For the sweep only."""
    used = set(StoredObject.objects.filter(blob__in=blobs).values_list("blob", flat=True))
    return used | set(UploadPart.objects.filter(blob__in=blobs).values_list("blob", flat=True))


def stale_uploads(*, older_than) -> Iterator[MultipartUpload]:
    """Return the uploads of all accounts that began before a moment. For the sweep only."""
    yield from MultipartUpload.objects.filter(created_at__lt=older_than).select_related("account")
