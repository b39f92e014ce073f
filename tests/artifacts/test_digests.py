import hashlib
import zlib

import pytest

from apps.artifacts.digests import CHECKSUMS, Claims, Digests, digest_of

from .making import md5


@pytest.mark.parametrize("algorithm", sorted(CHECKSUMS))
def test_a_true_checksum_is_accepted_and_a_false_one_named(algorithm):
    digests = Digests([algorithm])
    digests.update(b"hello")
    true = digests.checksums()[algorithm]
    assert digests.first_difference(Claims(checksums={algorithm: true})) is None
    false = ("A" if true[0] != "A" else "B") + true[1:]
    assert digests.first_difference(Claims(checksums={algorithm: false})) == algorithm


def test_crc32_is_that_of_zlib():
    assert digest_of("CRC32", b"hello") == zlib.crc32(b"hello").to_bytes(4, "big")


def test_claims_that_are_not_made_are_not_compared():
    digests = Digests()
    digests.update(b"hello")
    assert digests.first_difference(Claims()) is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        (Claims(sha256=hashlib.sha256(b"other").hexdigest()), "x-amz-content-sha256"),
        (Claims(md5=md5(b"other").hex()), "Content-MD5"),
    ],
)
def test_a_false_digest_is_named(claims, name):
    digests = Digests()
    digests.update(b"hello")
    assert digests.first_difference(claims) == name
