import hashlib
from io import BytesIO

import pytest

from apps.artifacts import services
from apps.artifacts.digests import Claims
from apps.artifacts.errors import (
    ArtifactDamaged,
    DigestMismatch,
    InvalidObjectName,
    ObjectExists,
    ObjectNotFound,
    ObjectTooLarge,
    SizeMismatch,
    VersionNotFound,
)
from apps.artifacts.models import StoredObject
from apps.artifacts.services import Details, open_incoming, save_object

from .making import Endless, make_account, md5, put, read

pytestmark = pytest.mark.django_db


def test_an_object_is_read_back_with_its_digest(store):
    account = make_account()
    stored = put(account, data=b"hello", details=Details("application/zip", {"by": "me"}))
    assert read(account) == b"hello"
    assert stored.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert stored.etag == md5(b"hello").hex()
    assert (stored.size, stored.content_type, stored.metadata) == (5, "application/zip", {"by": "me"})


def test_an_object_of_another_account_is_not_found(store):
    owner, stranger = make_account(), make_account("Umbrella")
    put(owner)
    with pytest.raises(ObjectNotFound) as foreign:
        services.get_object(stranger, "acme", "web/build/a1.zip")
    with pytest.raises(ObjectNotFound) as missing:
        services.get_object(stranger, "acme", "web/build/none.zip")
    assert foreign.value.message == missing.value.message


def test_two_accounts_use_one_bucket_name_and_never_meet(store):
    first, second = make_account(), make_account("Umbrella")
    put(first, data=b"first")
    put(second, data=b"second")
    assert (read(first), read(second)) == (b"first", b"second")
    services.delete_object(first, "acme", "web/build/a1.zip")
    assert read(second) == b"second"


def test_an_older_version_stays_readable(store):
    account = make_account()
    old, new = put(account, data=b"old"), put(account, data=b"new")
    assert read(account) == b"new"
    assert read(account, version_id=old.version_id) == b"old"
    assert read(account, version_id=new.version_id) == b"new"
    assert StoredObject.objects.for_account(account).filter(is_latest=True).count() == 1


def test_a_version_of_another_account_is_not_found(store):
    owner, stranger = make_account(), make_account("Umbrella")
    version = put(owner).version_id
    with pytest.raises(VersionNotFound):
        services.head_object(stranger, "acme", "web/build/a1.zip", version)


def test_a_deleted_object_is_hidden_and_its_versions_stay(store):
    account = make_account()
    stored = put(account)
    services.delete_object(account, "acme", stored.key)
    with pytest.raises(ObjectNotFound):
        services.head_object(account, "acme", stored.key)
    assert read(account, version_id=stored.version_id) == b"hello"


def test_removing_the_latest_version_brings_the_one_before_back(store, files):
    account = make_account()
    old, new = put(account, data=b"old"), put(account, data=b"new")
    services.delete_object(account, "acme", new.key, new.version_id)
    assert read(account) == b"old"
    services.delete_object(account, "acme", old.key, old.version_id)
    assert files() == []
    assert not StoredObject.objects.for_account(account).exists()


def test_deleting_what_another_account_has_changes_nothing(store):
    owner, stranger = make_account(), make_account("Umbrella")
    stored = put(owner)
    services.delete_object(stranger, "acme", stored.key)
    services.delete_object(stranger, "acme", stored.key, stored.version_id)
    assert read(owner) == b"hello"


def test_an_object_is_written_only_if_there_is_none(store):
    account = make_account()
    put(account)
    with open_incoming() as incoming:
        arrived = incoming.finish(Claims())
    with pytest.raises(ObjectExists):
        save_object(account, "acme", "web/build/a1.zip", arrived, details=Details(), only_if_absent=True)
    assert read(account) == b"hello"


def flip_a_bit(path):
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_flipped_bit_is_found_before_the_last_bytes_are_given(store, files):
    account = make_account()
    put(account, data=b"x" * 100)
    flip_a_bit(files()[0])
    _, reader = services.get_object(account, "acme", "web/build/a1.zip")
    assert reader.read(60) == b"x" * 60
    with pytest.raises(ArtifactDamaged, match="not those that were written"):
        reader.read(60)


@pytest.mark.parametrize(
    "change", [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"hello, longer")]
)
def test_a_file_of_another_length_is_found(store, files, change):
    account = make_account()
    put(account)
    files()[0].chmod(0o600)
    change(files()[0])
    with pytest.raises(ArtifactDamaged):
        read(account)


def test_an_object_over_the_limit_is_refused_and_leaves_nothing(store, files, settings):
    settings.ARTIFACT_LIMIT_BYTES = 3_000_000
    with pytest.raises(ObjectTooLarge, match="3000000 bytes at most"):
        services.put_object(make_account(), "acme", "k", Endless())
    assert files() == []


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        (Claims(size=6), SizeMismatch),
        (Claims(sha256="0" * 64), DigestMismatch),
        (Claims(md5="0" * 32), DigestMismatch),
        (Claims(checksums={"CRC32C": "AAAAAA=="}), DigestMismatch),
    ],
)
def test_bytes_that_are_not_those_announced_are_refused_and_leave_nothing(store, files, claims, error):
    account = make_account()
    with pytest.raises(error):
        put(account, claims=claims)
    assert files() == []
    assert not StoredObject.objects.for_account(account).exists()


@pytest.mark.parametrize(("bucket", "key"), [("", "k"), ("b" * 64, "k"), ("b", ""), ("b", "ä" * 600), ("b", "a\0b")])
def test_a_name_that_cannot_be_kept_is_refused(store, bucket, key):
    with pytest.raises(InvalidObjectName):
        services.put_object(make_account(), bucket, key, BytesIO(b""))


def test_a_key_never_becomes_a_path(store, files, tmp_path):
    account = make_account()
    for key in ("../../../escape", "/etc/x", "a/../../b", "con", "x" * 1024):
        put(account, key, data=key.encode())
        assert read(account, key) == key.encode()
    assert all(path.is_relative_to(tmp_path / "artifacts" / "blobs") for path in files())
    assert len(files()) == 5


def test_a_reserved_key_has_three_parts_and_cut_names():
    def random(length: int) -> str:
        return "abcdefghij"[:length]

    key = services.reserve_key("a-pipeline-with-a-long-name", "SourceArtifact", random=random, suffix=".zip")
    assert key == "a-pipeline-with-a-lo/SourceArti/abcdefg.zip"
    assert services.reserve_key("p", "a", random=random) == "p/a/abcdefg"
