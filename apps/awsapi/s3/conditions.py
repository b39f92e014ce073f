"""Conditional and partial reads. Pure. Source: RFC 9110, sections 13.2.2 and 14.1.2; S3 API reference, GetObject."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import S3Error

RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.ASCII)


def check_conditions(headers: Mapping[str, str], *, etag: str, modified: datetime) -> None:
    """Raises S3Error PreconditionFailed, NotModified."""
    modified = modified.replace(microsecond=0)
    failed = S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if "if-match" in headers:
        if not _names(headers["if-match"], etag):
            raise failed
    elif (since := _date(headers.get("if-unmodified-since"))) and modified > since:
        raise failed
    same = S3Error("NotModified", "Not Modified", headers=(("etag", f'"{etag}"'),))
    if "if-none-match" in headers:
        if _names(headers["if-none-match"], etag):
            raise same
    elif (since := _date(headers.get("if-modified-since"))) and modified <= since:
        raise same


def wanted_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return start and length of the one range asked for, or None for the whole.

    Several ranges, or none that can be read, mean the whole, as in S3. Raises S3Error InvalidRange.
    """
    match = RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or not (match[1] or match[2]) or (match[1] and match[2] and int(match[1]) > int(match[2])):
        return None
    if match[1]:
        start = int(match[1])
        end = min(int(match[2]) + 1, size) if match[2] else size
    else:
        start, end = max(0, size - int(match[2])), size
    if start >= size or (not match[1] and not int(match[2])):
        raise S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            headers=(("content-range", f"bytes */{size}"),),
            RangeRequested=header or "",
            ActualObjectSize=str(size),
        )
    return start, end - start


def _names(header: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return "*" in tags or etag in tags


def _date(header: str | None) -> datetime | None:
    if header is None:
        return None
    try:
        parsed = parsedate_to_datetime(header)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None  # RFC 9110: a date that is none is ignored
