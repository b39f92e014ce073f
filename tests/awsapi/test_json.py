"""The JSON reader: what it takes, and what it refuses without falling over."""

from datetime import UTC, datetime

import pytest

from apps.awsapi.codecs.json import decode, encode
from apps.awsapi.codecs.limits import SerializationError


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (
            b' {"a": [1, -2, 0.5, 1E2, true, false, null], "b": {"c": "\xc3\xa9"}}\n',
            {"a": [1, -2, 0.5, 100.0, True, False, None], "b": {"c": "é"}},
        ),
        (b'{"a": "\\u00e9\\ud83d\\ude00"}', {"a": "é\U0001f600"}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b'"' + b"a" * 262_144 + b'"', "a" * 262_144),
        (b"[" + b",".join([b"1"] * 19_999) + b"]", [1] * 19_999),
    ],
)
def test_a_value_within_the_limits_is_read(body, value):
    assert decode(body) == value


def test_the_deepest_value_is_read():
    assert encode(decode(b"[" * 64 + b"]" * 64)) == b"[" * 64 + b"]" * 64


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{]",
        b"{} {}",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b"\x00{}",
        '{"a": 1}'.encode("utf-16"),
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[1,]",
        b"[1 2]",
        b'{"a" 1}',
        b"{1: 1}",
        b'"\t"',
        b'"\\x"',
        b'"\\u12"',
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"-",
        b"0x1",
        b"1e",
        b"\xd9\xa1",
        b"// comment\n{}",
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b"1e999",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 100_000,
        b"0." + b"1" * 100_000,
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'"\\ud800"',
        b'"\\ude00\\ud83d"',
        b'"' + b"a" * 262_145 + b'"',
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 1_000_000,
        b"[" + b",".join([b"1"] * 20_000) + b"]",
        b"[" + b",".join([b"[]"] * 100_000) + b"]",
    ],
    ids=lambda body: f"{body[:12]!r}x{len(body)}",
)
def test_anything_else_is_a_serialization_error(body):
    with pytest.raises(SerializationError):
        decode(body)


def test_text_is_written_compact_and_in_utf_8():
    assert encode({"a": [1, None, True], "b": "é"}) == '{"a":[1,null,true],"b":"é"}'.encode()


@pytest.mark.parametrize(
    ("microsecond", "text"), [(678_000, b"1704164645.678"), (0, b"1704164645"), (678_400, b"1704164645.678")]
)
def test_a_moment_is_written_as_seconds_with_milliseconds(microsecond, text):
    assert encode(datetime(2024, 1, 2, 3, 4, 5, microsecond, tzinfo=UTC)) == text
    assert encode([datetime(2024, 1, 2, 3, 4, 5, microsecond, tzinfo=UTC)]) == b"[" + text + b"]"


def test_a_value_without_a_json_form_is_no_silent_text():
    with pytest.raises(TypeError):
        encode({"a": object()})
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"a": float("nan")})
