import pytest

from apps.awsapi.s3.addressing import bucket_of_host, host_bases, object_of_path
from apps.awsapi.s3.errors import S3Error

BASES = ("localhost", "s3.us-east-1.amazonaws.com", "ci.example.com")


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        (b"localhost:8000", None),
        (b"127.0.0.1:8000", None),
        (b"[::1]:8000", None),
        (b"", None),
        (b"acme.localhost:8000", "acme"),
        (b"ACME.LOCALHOST", "acme"),
        (b"a.b.localhost", "a.b"),
        (b"acme.s3.us-east-1.amazonaws.com", "acme"),
        (b"s3.us-east-1.amazonaws.com", None),
        (b"acme.ci.example.com", "acme"),
        (b"ci.example.com", None),
        (b"notlocalhost", None),
        (b"-bad.localhost", None),
    ],
)
def test_a_host_names_a_bucket_or_none(host, bucket):
    assert bucket_of_host(host, BASES) == bucket


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [("https://ci.example.com", "ci.example.com"), ("http://127.0.0.1:8000", None), ("http://[::1]:8000", None)],
)
def test_the_public_host_is_a_base_when_it_is_a_name(settings, public_url, expected):
    settings.PUBLIC_URL = public_url
    assert host_bases()[3:] == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("path", "host_bucket", "expected"),
    [
        (b"/bucket/a/b", None, ("bucket", "a/b")),
        (b"/bucket", None, ("bucket", "")),
        (b"/bucket/", None, ("bucket", "")),
        (b"/", None, ("", "")),
        (b"/a/b", "bucket", ("bucket", "a/b")),
        (b"/", "bucket", ("bucket", "")),
        (b"/bucket//a", None, ("bucket", "/a")),
        (b"/bucket/../a", None, ("bucket", "../a")),
        (b"/bucket/a+b%20c%2B%25", None, ("bucket", "a+b c+%")),
        (b"/bucket/%E2%82%AC", None, ("bucket", "€")),
        (b"/bucket/%2e%2e%2fa", None, ("bucket", "../a")),
    ],
)
def test_a_path_names_bucket_and_key(path, host_bucket, expected):
    assert object_of_path(path, host_bucket) == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (b"/bucket/%ff", "InvalidURI"),
        (b"/bucket/a%00b", "InvalidURI"),
        (b"/../secret", "InvalidBucketName"),
        (b"/a b/c", "InvalidBucketName"),
        (b"/bucket/" + b"x" * 1025, "KeyTooLongError"),
    ],
)
def test_a_path_that_names_nothing_is_refused(path, code):
    with pytest.raises(S3Error) as caught:
        object_of_path(path, None)
    assert caught.value.code == code
