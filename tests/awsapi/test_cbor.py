"""The CBOR reader: the allow-list of forms, its limits, and the writer against a general reader."""

import random
from datetime import UTC, datetime

import cbor2
import pytest

from apps.awsapi.codecs.cbor import decode, encode
from apps.awsapi.codecs.limits import SerializationError

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hexadecimal", "value"),
    [
        ("a0", {}),
        ("bfff", {}),
        ("a16161 01", {"a": 1}),
        ("a1 6161 9f01 02 ff", {"a": [1, 2]}),
        ("a1 6161 82 f4 f5", {"a": [False, True]}),
        ("a1 6161 f6", {"a": None}),
        ("a1 6161 7f 6162 6163 ff", {"a": "bc"}),
        ("a1 7f 6161 ff 01", {"a": 1}),
        ("7f 61c3 61a9 ff", "é"),
        ("a1 6161 7fff", {"a": ""}),
        ("a1 6161 43 010203", {"a": b"\x01\x02\x03"}),
        ("a1 6161 5f 4101 4102 ff", {"a": b"\x01\x02"}),
        ("1800", 0),
        ("1b 7fffffffffffffff", 2**63 - 1),
        ("3b 7fffffffffffffff", -(2**63)),
        ("f9 3e00", 1.5),
        ("fa 3fc00000", 1.5),
        ("fb 3ff8000000000000", 1.5),
        ("c1 fb 41d964df496b645a", MOMENT),
        ("c1 1a 65937d25", MOMENT.replace(microsecond=0)),
        ("c1 20", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_allowed_form_is_read(hexadecimal, value):
    assert decode(bytes.fromhex(hexadecimal)) == value


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "",
        "a1",
        "a16161",
        "a1616101 00",
        "a2 6161 01 6161 02",
        "a1 01 02",
        "a1 4161 02",
        "bf 6161",
        "bf 6161 01",
        "bf 6161 ff",
        "9f 01",
        "ff",
        "7f 01 ff",
        "7f 7f 6161 ff ff",
        "7f 4161 ff",
        "61",
        "61 ff",
        "62 c328",
        "63 eda080",
        "61 00",
        "bf 6161 01 20 ff",
        "5b ffffffffffffffff",
        "7b 00000000ffffffff",
        "9b ffffffffffffffff",
        "9a 00ffffff",
        "bb ffffffffffffffff",
        "1c",
        "1f",
        "3f",
        "1b 8000000000000000",
        "3b 8000000000000000",
        "f7",
        "f8 ff",
        "e0",
        "fc",
        "fb 7ff0000000000000",
        "fb 7ff8000000000000",
        "f9 7c00",
        "c0 6a 323032342d30312d3032",
        "c2 41 01",
        "c3 41 01",
        "d81c 01",
        "d81d 00",
        "d823 6161",
        "d90102 80",
        "da 00000001 01 00",
        "c1",
        "c1 f4",
        "c1 f6",
        "c1 6161",
        "c1 c1 01",
        "c1 81 01",
        "c1 1b 7fffffffffffffff",
        "c1 fb 7fefffffffffffff",
    ],
)
def test_any_other_form_is_a_serialization_error(hexadecimal):
    with pytest.raises(SerializationError):
        decode(bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    "body",
    [
        b"\x81" * 65 + b"\x01",
        b"\x9f" * 10_000 + b"\xff" * 10_000,
        b"\xc1" * 100_000,
        b"\xa1\x61a" * 10_000 + b"\x01",
        b"\x9f" + b"\x01" * 20_000 + b"\xff",
        b"\x7a" + (262_145).to_bytes(4, "big") + b"a" * 262_145,
        b"\x7f" + (b"\x79\xff\xff" + b"a" * 65_535) * 5 + b"\xff",
        b"\x7f" + b"\x60" * 100_000 + b"\xff",
    ],
    ids=lambda body: f"{body[:3].hex()}x{len(body)}",
)
def test_a_body_beyond_the_limits_is_a_serialization_error(body):
    with pytest.raises(SerializationError):
        decode(body)


def test_a_body_at_the_limits_is_read():
    assert decode(b"\x81" * 64 + b"\x01")
    assert len(decode(b"\x9f" + b"\x01" * 19_999 + b"\xff")) == 19_999


def test_random_bytes_and_random_changes_never_raise_anything_else():
    chance = random.Random(7)
    good = cbor2.dumps({"pipelineName": "release", "list": [{"a": 1.5}, None, True], "at": MOMENT})
    for _ in range(5_000):
        body = bytearray(good if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 40)))
        body[chance.randrange(len(body))] = chance.randrange(256)
        try:
            decode(bytes(body))
        except SerializationError:
            continue


def test_what_is_written_is_what_a_general_reader_reads():
    value = {"a": [1, -1, True, None, "é"], "b": {"at": MOMENT}, "c": {}}
    assert cbor2.loads(encode(value)) == value
    assert decode(encode(value)) == value


def test_a_moment_is_tag_1_over_a_double():
    assert encode(MOMENT).hex() == "c1fb41d964df496b645a"
