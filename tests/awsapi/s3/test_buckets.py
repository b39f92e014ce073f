"""Buckets, by boto3 against a running server."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="package")
def filled(server):
    s3 = server.client()
    for name in ("a", "a b", "a/1", "a/2/x", "a/2/y", "b/1", "ä", "tab\tkey"):
        s3.put_object(Bucket=f"listed-{server.kind}", Key=name, Body=b"hello")
    return s3, f"listed-{server.kind}"


def test_names_are_listed_in_the_order_of_their_bytes(filled):
    s3, bucket = filled
    listed = s3.list_objects_v2(Bucket=bucket)
    assert [entry["Key"] for entry in listed["Contents"]] == [
        "a",
        "a b",
        "a/1",
        "a/2/x",
        "a/2/y",
        "b/1",
        "tab\tkey",
        "ä",
    ]
    assert (listed["KeyCount"], listed["IsTruncated"]) == (8, False)
    assert {entry["Size"] for entry in listed["Contents"]} == {5}


def test_names_are_folded_at_a_delimiter(filled):
    s3, bucket = filled
    listed = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="a/")
    assert [entry["Key"] for entry in listed["Contents"]] == ["a/1"]
    assert listed["CommonPrefixes"] == [{"Prefix": "a/2/"}]


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_the_paginator_gives_every_name_once(filled, delimiter):
    s3, bucket = filled
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": 2}
    )
    names = [
        name
        for page in pages
        for name in [
            *[entry["Key"] for entry in page.get("Contents", [])],
            *[entry["Prefix"] for entry in page.get("CommonPrefixes", [])],
        ]
    ]
    expected = {"a", "a b", "a/", "b/", "tab\tkey", "ä"} if delimiter else None
    assert len(names) == len(set(names)) == (6 if delimiter else 8)
    assert expected is None or set(names) == expected


def test_a_list_may_start_behind_a_name(filled):
    s3, bucket = filled
    listed = s3.list_objects_v2(Bucket=bucket, StartAfter="a/2/y")
    assert [entry["Key"] for entry in listed["Contents"]] == ["b/1", "tab\tkey", "ä"]


@pytest.mark.parametrize("token", ["?", "AA==", "/w=="])
def test_a_token_that_nobody_gave_is_refused(filled, token):
    s3, bucket = filled
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=bucket, ContinuationToken=token)


def test_a_bucket_tells_where_it_is_and_that_it_keeps_versions(s3):
    assert s3.head_bucket(Bucket="any-name")["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket="any-name")["LocationConstraint"] is None
    assert s3.get_bucket_versioning(Bucket="any-name")["Status"] == "Enabled"
