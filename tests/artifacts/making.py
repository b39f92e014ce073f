"""Rows and stores for the tests of artifacts."""

import hashlib
from io import BytesIO

from apps.artifacts import services
from apps.artifacts.models import StoredObject
from apps.tenancy.models import Account


def make_account(name: str = "Acme") -> Account:
    return Account.objects.create(name=name)


def put(account: Account, key: str = "web/build/a1.zip", data: bytes = b"hello", **arguments) -> StoredObject:
    return services.put_object(account, arguments.pop("bucket", "acme"), key, BytesIO(data), **arguments)


def read(account: Account, key: str = "web/build/a1.zip", bucket: str = "acme", version_id: str | None = None) -> bytes:
    _, reader = services.get_object(account, bucket, key, version_id)
    try:
        return reader.read()
    finally:
        reader.close()


def md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


class Endless:
    """A stream that never ends."""

    def read(self, size: int = -1) -> bytes:
        return b"\0" * size
