"""Which object a request names: the path alone, or the host together with the path."""

import re
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings

from .errors import S3Error

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", re.ASCII)
ADDRESS = re.compile(r"\[.*\]|[0-9.]+", re.ASCII)


def host_bases() -> tuple[str, ...]:
    """Return the host names under which `<bucket>.<name>` is a bucket's own host."""
    public = (urlsplit(settings.PUBLIC_URL).hostname or "").lower()
    own = () if not public or ADDRESS.fullmatch(public) or ":" in public else (public,)
    return ("localhost", f"s3.{settings.REGION}.amazonaws.com", "s3.amazonaws.com", *own)


def bucket_of_host(host: bytes, bases: tuple[str, ...]) -> str | None:
    """Return the bucket that a Host header names, or None when it names none."""
    name = host.decode("latin-1").rsplit(":", 1)[0].lower()
    for base in bases:
        if name.endswith("." + base):
            bucket = name.removesuffix("." + base)
            return bucket if BUCKET.fullmatch(bucket) and bucket != "s3" else None
    return None


def object_of_path(raw_path: bytes, host_bucket: str | None) -> tuple[str, str]:
    """Return bucket and key; either may be empty. The key is a name and no path: dots and slashes mean nothing in it.

    Raises: S3Error InvalidURI, InvalidBucketName, KeyTooLongError.
    """
    rest = raw_path.removeprefix(b"/")
    if host_bucket is None:
        raw_bucket, _, rest = rest.partition(b"/")
        bucket = _text(raw_bucket)
        if bucket and not BUCKET.fullmatch(bucket):
            raise S3Error("InvalidBucketName", "The specified bucket is not valid.")
    else:
        bucket = host_bucket
    key = _text(rest)
    if "\0" in key:
        raise S3Error("InvalidURI", "A key must not hold the NUL character.")
    if len(key.encode()) > 1024:
        raise S3Error("KeyTooLongError", "Your key is too long: 1024 bytes at most.")
    return bucket, key


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The path is not UTF-8.") from None
