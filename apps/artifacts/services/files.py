"""Between the store and files of the worker. Always by copying: a link would let a job change stored bytes in place."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from apps.artifacts.errors import NotAFile, ObjectTooLarge
from apps.artifacts.models import StoredObject
from apps.artifacts.services.objects import READ_AT_ONCE, Details, get_object, put_object
from apps.tenancy.models import Account

READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe would make open wait for a writer


def ingest_file(
    account: Account,
    bucket: str,
    key: str,
    path: Path,
    *,
    details: Details = Details(content_type="application/zip"),  # noqa: B008 - frozen
) -> StoredObject:
    """Store a finished file; the file itself stays. Raises: NotAFile, ObjectTooLarge, InvalidObjectName, StoreFull."""
    with _regular_file(path) as file:
        return put_object(account, bucket, key, file, details=details)


def fetch_to(
    account: Account, bucket: str, key: str, destination: Path, *, version_id: str | None = None
) -> StoredObject:
    """Write the latest or the named version of an object to a new file.

    The file is there only if every byte is as it was stored.

    Raises: ObjectNotFound, VersionNotFound, ArtifactDamaged; OSError when the destination is full or exists already.
    """
    stored, reader = get_object(account, bucket, key, version_id)
    try:
        with destination.open("xb") as file:
            try:
                while data := reader.read(READ_AT_ONCE):
                    file.write(data)
            except BaseException:
                destination.unlink(missing_ok=True)
                raise
    finally:
        reader.close()
    return stored


@contextmanager
def _regular_file(path: Path) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(path, READ_FLAGS)
    except OSError as error:
        raise NotAFile(f"'{path.name}' cannot be kept as an artifact: {error.strerror}.") from None
    try:
        _check_kind_and_size(path.name, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _check_kind_and_size(name: str, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise NotAFile(f"'{name}' cannot be kept as an artifact: it is not a regular file.")
    limit = settings.ARTIFACT_LIMIT_BYTES
    if facts.st_size > limit:
        raise ObjectTooLarge(f"'{name}' holds {facts.st_size} bytes, more than the {limit} allowed.")
