import base64
import zlib
from io import BytesIO

import pytest

from apps.artifacts import services
from apps.artifacts.digests import Claims
from apps.artifacts.errors import DigestMismatch, InvalidPart, InvalidPartOrder, PartTooSmall, UploadNotFound
from apps.artifacts.models import MultipartUpload, UploadPart
from apps.artifacts.services import Details, PartNamed

from .making import make_account, md5, read

pytestmark = pytest.mark.django_db
BIG = b"a" * 5 * 1024**2
KEY = "web/build/a1.zip"


def begin(account, algorithm="", **arguments):
    return services.begin_upload(
        account, "acme", KEY, details=Details("application/zip", {"a": "b"}, {}, algorithm), **arguments
    )


def send(upload, number, data):
    part = services.upload_part(upload, number, BytesIO(data))
    return PartNamed(number, part.etag)


def complete(upload, named, **arguments):
    return services.complete_upload(upload.account, "acme", KEY, upload.upload_id, named, **arguments)


def crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def test_parts_that_came_in_any_order_become_one_object(store, files):
    upload = begin(make_account())
    last = send(upload, 3, b"end")
    first = send(upload, 1, BIG)
    stored = complete(upload, [first, last])
    assert read(upload.account) == BIG + b"end"
    both = md5(BIG) + md5(b"end")
    assert stored.etag == f"{md5(both).hex()}-2"
    assert (stored.content_type, stored.metadata) == ("application/zip", {"a": "b"})
    assert len(files()) == 1


def test_a_part_that_is_sent_again_takes_the_place_of_the_first(store, files):
    upload = begin(make_account())
    stale = send(upload, 1, b"first try")
    fresh = send(upload, 1, b"second try")
    assert len(files()) == 1
    with pytest.raises(InvalidPart):
        complete(upload, [stale])
    complete(upload, [fresh])
    assert read(upload.account) == b"second try"


def test_parts_that_are_not_named_are_left_out_and_removed(store, files):
    upload = begin(make_account())
    send(upload, 1, b"unwanted")
    complete(upload, [send(upload, 2, b"wanted")])
    assert read(upload.account) == b"wanted"
    assert len(files()) == 1


def test_completing_twice_gives_the_same_version(store):
    upload = begin(make_account())
    named = [send(upload, 1, b"hello")]
    assert complete(upload, named).version_id == complete(upload, named).version_id


def test_a_composite_checksum_covers_those_of_the_parts(store):
    upload = begin(make_account(), "CRC32")
    stored = complete(upload, [send(upload, 1, BIG), send(upload, 2, b"end")])
    expected = base64.b64encode(crc32(crc32(BIG) + crc32(b"end"))).decode()
    assert stored.checksum == f"{expected}-2"


def test_a_checksum_of_the_whole_covers_the_whole(store):
    upload = begin(make_account(), "CRC32", is_checksum_of_whole=True)
    named = [send(upload, 1, BIG), send(upload, 2, b"end")]
    whole = base64.b64encode(crc32(BIG + b"end")).decode()
    with pytest.raises(DigestMismatch):
        complete(upload, named, claims=Claims(checksums={"CRC32": "AAAAAA=="}))
    assert complete(upload, named, claims=Claims(checksums={"CRC32": whole})).checksum == whole


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ([], InvalidPart),
        ([PartNamed(1, "0" * 32)], InvalidPart),
        ([PartNamed(7, "0" * 32)], InvalidPart),
        ([PartNamed(2, "x"), PartNamed(1, "x")], InvalidPartOrder),
        ([PartNamed(1, "x"), PartNamed(1, "x")], InvalidPartOrder),
        ([PartNamed(1, md5(b"one").hex(), "AAAAAA==")], InvalidPart),
    ],
)
def test_a_list_of_parts_that_does_not_fit_is_refused_and_the_upload_goes_on(store, named, error):
    upload = begin(make_account())
    send(upload, 1, b"one")
    with pytest.raises(error):
        complete(upload, named)
    complete(upload, [PartNamed(1, md5(b"one").hex())])
    assert read(upload.account) == b"one"


def test_a_small_part_may_only_be_the_last(store):
    upload = begin(make_account())
    named = [send(upload, 1, b"small"), send(upload, 2, b"end")]
    with pytest.raises(PartTooSmall, match="Part 1 is smaller"):
        complete(upload, named)


def test_an_aborted_upload_leaves_nothing(store, files):
    upload = begin(make_account())
    send(upload, 1, b"one")
    services.abort_upload(upload.account, "acme", KEY, upload.upload_id)
    assert files() == []
    assert not UploadPart.objects.for_account(upload.account).exists()
    with pytest.raises(UploadNotFound):
        services.abort_upload(upload.account, "acme", KEY, upload.upload_id)


def test_a_part_that_comes_too_late_is_refused_and_leaves_nothing(store, files):
    upload = begin(make_account())
    services.abort_upload(upload.account, "acme", KEY, upload.upload_id)
    upload.pk = 1
    with pytest.raises(UploadNotFound):
        send(upload, 1, b"late")
    assert files() == []


def test_an_upload_of_another_account_is_not_found(store):
    upload, stranger = begin(make_account()), make_account("Umbrella")
    named = [send(upload, 1, b"one")]
    with pytest.raises(UploadNotFound):
        services.complete_upload(stranger, "acme", KEY, upload.upload_id, named)
    with pytest.raises(UploadNotFound):
        services.abort_upload(stranger, "acme", KEY, upload.upload_id)
    assert MultipartUpload.objects.for_account(upload.account).exists()


@pytest.mark.parametrize("number", [0, 10_001])
def test_a_part_number_out_of_bounds_is_refused(store, number):
    with pytest.raises(InvalidPart):
        send(begin(make_account()), number, b"one")
