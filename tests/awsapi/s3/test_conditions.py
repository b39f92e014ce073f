from datetime import UTC, datetime

import pytest

from apps.awsapi.s3.conditions import check_conditions, wanted_range
from apps.awsapi.s3.errors import S3Error

MODIFIED = datetime(2030, 1, 31, 9, 0, 0, 500_000, tzinfo=UTC)
BEFORE, AT, AFTER = (f"Thu, 31 Jan 2030 0{hour}:00:00 GMT" for hour in (8, 9, 10))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"if-match": '"tag"'}, None),
        ({"if-match": '"other", "tag"'}, None),
        ({"if-match": "*"}, None),
        ({"if-match": '"other"'}, "PreconditionFailed"),
        ({"if-none-match": '"tag"'}, "NotModified"),
        ({"if-none-match": 'W/"tag"'}, "NotModified"),
        ({"if-none-match": '"other"'}, None),
        ({"if-modified-since": BEFORE}, None),
        ({"if-modified-since": AT}, "NotModified"),
        ({"if-modified-since": "nonsense"}, None),
        ({"if-unmodified-since": BEFORE}, "PreconditionFailed"),
        ({"if-unmodified-since": AT}, None),
        ({"if-match": '"tag"', "if-unmodified-since": BEFORE}, None),
        ({"if-none-match": '"other"', "if-modified-since": AFTER}, None),
    ],
)
def test_conditions_are_weighed_in_the_order_of_the_rfc(headers, expected):
    def weigh():
        check_conditions(headers, etag="tag", modified=MODIFIED)

    if expected is None:
        return weigh()
    with pytest.raises(S3Error) as caught:
        weigh()
    assert caught.value.code == expected


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        (None, 10, None),
        ("bytes=0-9", 10, (0, 10)),
        ("bytes=3-", 10, (3, 7)),
        ("bytes=-3", 10, (7, 3)),
        ("bytes=-99", 10, (0, 10)),
        ("bytes=5-4", 10, None),
        ("bytes=0-1,4-5", 10, None),
        ("bytes=-", 10, None),
        ("items=0-1", 10, None),
        ("bytes=0-" + "9" * 30, 10, None),
    ],
)
def test_a_range_is_start_and_length(header, size, expected):
    assert wanted_range(header, size) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-0", 0), ("bytes=-0", 10), ("bytes=-1", 0)])
def test_a_range_without_a_byte_is_refused(header, size):
    with pytest.raises(S3Error) as caught:
        wanted_range(header, size)
    assert caught.value.code == "InvalidRange"
    assert ("content-range", f"bytes */{size}") in caught.value.headers
