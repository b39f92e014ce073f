"""Buckets. Every name is a bucket of the account: there is nothing to create, and another account's are not seen."""

import base64
import binascii
from urllib.parse import quote

from django.conf import settings

from apps.artifacts.models import StoredObject
from apps.artifacts.selectors import Listing, list_objects

from ..answers import Answer, xml_answer
from ..authentication import Need
from ..errors import S3Error
from ..registry import Call, Operation
from ..xml import Element

MOST_KEYS = 1000
LIST = frozenset({"list-type"})
LIST_OPTIONS = frozenset(
    {"prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner"}
)


def head(call: Call) -> Answer:
    return Answer(headers=(("x-amz-bucket-region", settings.REGION),))


def location(call: Call) -> Answer:
    # us-east-1 is written as an empty element, as it has been since there was one region only.
    return xml_answer("LocationConstraint", "" if settings.REGION == "us-east-1" else settings.REGION)


def versioning(call: Call) -> Answer:
    return xml_answer("VersioningConfiguration", [("Status", "Enabled")])


def list_v2(call: Call) -> Answer:
    query = call.request.query
    if query["list-type"] != "2":
        raise S3Error("InvalidArgument", "Invalid List Type specified in Request")
    if query.get("encoding-type", "url") != "url":
        raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
    limit = _limit(query.get("max-keys"))
    token = query.get("continuation-token")
    listing = list_objects(
        call.account,
        call.request.bucket,
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        after=_resume(token) if token else query.get("start-after", ""),
        limit=limit,
    )
    return xml_answer("ListBucketResult", _listed(call, listing, limit))


def _listed(call: Call, listing: Listing, limit: int) -> list[Element]:
    query = call.request.query
    written = quote if query.get("encoding-type") == "url" else str
    facts: list[Element] = [
        ("Name", call.request.bucket),
        ("Prefix", written(query.get("prefix", ""))),
        ("MaxKeys", limit),
        ("KeyCount", len(listing.objects) + len(listing.common_prefixes)),
        ("IsTruncated", "true" if listing.resume_after is not None else "false"),
    ]
    echoed = (
        ("Delimiter", "delimiter", written),
        ("StartAfter", "start-after", written),
        ("ContinuationToken", "continuation-token", str),
        ("EncodingType", "encoding-type", str),
    )
    facts += [(element, write(query[name])) for element, name, write in echoed if query.get(name)]
    facts += [("NextContinuationToken", _token(listing.resume_after))] if listing.resume_after is not None else []
    facts += [("Contents", _entry(stored, written(stored.key))) for stored in listing.objects]
    facts += [("CommonPrefixes", [("Prefix", written(folded))]) for folded in listing.common_prefixes]
    return facts


def _entry(stored: StoredObject, key: str) -> list[Element]:
    return [
        ("Key", key),
        ("LastModified", stored.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
        ("ETag", f'"{stored.etag}"'),
        ("Size", stored.size),
        ("StorageClass", "STANDARD"),
    ]


def _limit(text: str | None) -> int:
    if text is None:
        return MOST_KEYS
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise S3Error("InvalidArgument", "max-keys must be a whole number.")
    return min(int(text), MOST_KEYS)


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _resume(token: str) -> str:
    try:
        after = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        after = "\0"
    if "\0" in after:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect")
    return after


OPERATIONS = (
    Operation("HeadBucket", "HEAD", False, Need.SEE_BUCKET, is_read=True, run=head),
    Operation("GetBucketLocation", "GET", False, Need.SEE_BUCKET, frozenset({"location"}), is_read=True, run=location),
    Operation(
        "GetBucketVersioning", "GET", False, Need.SEE_BUCKET, frozenset({"versioning"}), is_read=True, run=versioning
    ),
    Operation("ListObjectsV2", "GET", False, Need.LIST_BUCKET, LIST, LIST_OPTIONS, is_read=True, run=list_v2),
)
