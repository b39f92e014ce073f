"""JSON that tries a reader: what RFC 8259 allows, what it forbids, and where it leaves the choice to us.

Each is a whole request body for GetPipeline. Our choices: a member named twice, half a surrogate pair, a NUL, numbers
beyond 64 bits, a byte order mark, more than 64 levels and any text but UTF-8 are refused.
"""

from collections.abc import Iterator

from tests.faults.verdicts import ABSENT, REFUSED, UNREADABLE, Verdict


def bodies() -> Iterator[tuple[str, bytes, Verdict]]:
    """Give each body with what it is called and what it must be answered."""
    for value in VALUES:
        yield f"the value {value}", _with(value), ABSENT
    for value in NO_VALUES:
        yield f"no value {value!r}", _with(value), UNREADABLE
    for body, verdict in WHOLE.items():
        yield f"the body {body[:40]!r}", body, verdict
    yield from _truncated()
    yield from _deep()
    yield from _controls()


def _with(value: str) -> bytes:
    return f'{{"name":"absent","x":{value}}}'.encode()


VALUES = (
    "null", "true", "false", "0", "-0", "7", "-1", "1.5", "-1.5", "0.1", "1e2", "1E2", "1e+2", "1e-2", "1E22", "0e0",
    "0e+1", "123.456e78", "1e-400", "9223372036854775807", "-9223372036854775808", "4.9406564584124654e-324",
    "0." + "0" * 77 + "1", "-0.0", '""', '" "', '"a"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u0061\\u00E9\\uffff"',
    '"\\uD834\\uDD1E"', '"\\ud83d\\ude39 \\ud83d\\udc8d"', '"é 水 𐅑"', '"\u007f"', '"\u2028\u2029"', '"\ufeff"',
    '"\ufffe\uffff"', '"\U0010ffff"', '"\\u0001"', '"\\u001f"', '"\\uDBFF\\uDFFE"', '"new\\u000Aline"', '"asd "',
    "[]", "[ ]", "[1]", "[ 1 , 2 ]", "[null]", "[[]]", "[[[[[[]]]]]]", '["a"]', "[1,null,null,2]", "{}", "{ }",
    '{"":0}', '{"a":{"b":[]}}', '{ "a" : 1 , "b" : 2 }', '{"a":[],"\\u00e9":{}}', '{"foo\\u0020bar":42}',
    "\t1", "\n1\n", "\r\n1\r\n", " 1 ", '{"a":1,"A":2}', '{"__proto__":1}', '{"__class__":{"__init__":1}}',
    '{"$type":"System.Diagnostics.Process"}', '"${jndi:ldap://absent}"', '"\'; DROP TABLE accounts; --"',
)  # fmt: skip
NO_VALUES = (
    "", "nul", "True", "NULL", "undefined", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "1e400", "-1e400",
    "9223372036854775808", "-9223372036854775809", "9" * 5_000, "1" + "0" * 400, "+1", "++1", "01", "-01", "00", "1.",
    ".5", "-.5", "-", "- 1", "1e", "1e+", "1E-", "1eE2", "0x1F", "0b1", "1_000", "1,5", "1 000", "1a", "1.2.3", "0.e1",
    "2.e+3", "1.0e", "१", "１", "'a'", "a", '"a', 'a"', '"a""b"', '"\\x41"', '"\\a"', '"\\"', '"\\u12"', '"\\u12G4"',
    '"\\u{41}"', '"\\U0041"', '"\\\u00e9"', '"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\udd1e\\ud834"',
    '"\\ud800a"', '{"\\ud800":1}', '"\\ud83d\\u0041"', '"\\u0000"', '"a\\u0000b"', '{"\\u0000":1}', '"a\nb"', '"a\tb"',
    '"a\rb"', "\ufeff1", "\u00a01", "\u20281", "\v1", "\f1", "/* a */ 1", "// a\n1", "# a\n1", "1 // a", "[1,]", "[,1]",
    "[1,,2]", "[1 2]", "[1", "1]", "[1}", "[1;2]", "[a]", "[-]", "[", "]", '["a"', "{1:2}", "{a:1}", "{'a':1}",
    '{"a"}', '{"a":}', '{"a" 1}', '{"a"=1}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', '{"a":1', '{"a":1]', "{null:1}",
    "{[]:1}", "{", "}", '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a":1}}', "1}{", "<a/>", "&amp;", "new Date()",
    '"\x00"', "\x00", '1\x00', "*", "...", "[...]", '"\\ud800\\u"', '"\\uD800\\uD800\\n"', '"\x1f"', "[\"a\x00a\"]",
)  # fmt: skip
WHOLE: dict[bytes, Verdict] = {
    b'{"name":"absent"}': ABSENT,
    b' \t\r\n{"name"\n:\t"absent"} \r\n': ABSENT,
    b'{"n\\u0061me":"\\u0061bsent"}': ABSENT,
    b'{"name":"absent","version":null}': ABSENT,
    b'{"name":null}': REFUSED,
    b'{"name":""}': REFUSED,
    b'{"name":"a b"}': REFUSED,
    b'{"name":"absent\\n"}': REFUSED,
    '{"name":"é"}'.encode(): REFUSED,
    '{"name":"\U0001d11e"}'.encode(): REFUSED,
    b'{"name":"' + b"a" * 101 + b'"}': REFUSED,
    b'{"name":"' + b"a" * 262_144 + b'"}': REFUSED,
    b"{}": REFUSED,
    b'{"Name":"absent"}': REFUSED,
    b'{"name ":"absent"}': REFUSED,
    b"": UNREADABLE,
    b" ": UNREADABLE,
    b"null": UNREADABLE,
    b"true": UNREADABLE,
    b"7": UNREADABLE,
    b'"absent"': UNREADABLE,
    b"[]": UNREADABLE,
    b'[{"name":"absent"}]': UNREADABLE,
    b'{"name":"absent"}{}': UNREADABLE,
    b'{"name":"absent"},': UNREADABLE,
    b'{"name":"absent"}x': UNREADABLE,
    b'{"name":"absent"}\x00': UNREADABLE,
    b'\x00{"name":"absent"}': UNREADABLE,
    b'{"name":"absent","name":"absent"}': UNREADABLE,
    b'{"name":"absent","n\\u0061me":"other"}': UNREADABLE,
    b'\xef\xbb\xbf{"name":"absent"}': UNREADABLE,
    '{"name":"absent"}'.encode("utf-16"): UNREADABLE,
    '{"name":"absent"}'.encode("utf-16-le"): UNREADABLE,
    '{"name":"absent"}'.encode("utf-16-be"): UNREADABLE,
    '{"name":"absent"}'.encode("utf-32-le"): UNREADABLE,
    '{"name":"é"}'.encode("latin-1"): UNREADABLE,
    b'{"name":"\xc0\x80"}': UNREADABLE,
    b'{"name":"\xc3\x28"}': UNREADABLE,
    b'{"name":"\xe0\x80\x80"}': UNREADABLE,
    b'{"name":"\xed\xa0\x80"}': UNREADABLE,
    b'{"name":"\xf4\x90\x80\x80"}': UNREADABLE,
    b'{"name":"\xf8\x88\x80\x80\x80"}': UNREADABLE,
    b'{"name":"\x80"}': UNREADABLE,
    b'{"name":"\xff"}': UNREADABLE,
    b'{"name":"' + b"a" * 262_145 + b'"}': UNREADABLE,
    b"name=absent": UNREADABLE,
    b"<name>absent</name>": UNREADABLE,
    bytes.fromhex("a1646e616d6566616273656e74"): UNREADABLE,
    bytes(range(256)): UNREADABLE,
}


def _truncated() -> Iterator[tuple[str, bytes, Verdict]]:
    whole = '{"name":"absent","x":[1.5e2,{"é":"\\u00e9\\ud834\\udd1e"},null,true]}'.encode()
    for length in range(len(whole)):
        yield f"the first {length} bytes", whole[:length], UNREADABLE
    yield "all bytes", whole, ABSENT


def _deep() -> Iterator[tuple[str, bytes, Verdict]]:
    for opening, closing in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
        for levels in (30, 200, 5_000, 100_000):
            fits = levels * opening.count("[") + levels * opening.count("{") < 64
            verdict = ABSENT if fits else UNREADABLE
            yield f"{levels} times {opening}", _with(opening * levels + "1" + closing * levels), verdict
            yield f"{levels} times {opening}, left open", _with(opening * levels), UNREADABLE
    yield "twenty thousand values", _with("[" + "1," * 20_000 + "1]"), UNREADABLE


def _controls() -> Iterator[tuple[str, bytes, Verdict]]:
    """Give each control character, which stands in a text only escaped."""
    for code in range(0x20):
        yield f"the control {code:02x} in a text", _with(f'"a{chr(code)}b"'), UNREADABLE
        escaped = _with(f'"a\\u{code:04x}b"')
        yield f"the control {code:02x} escaped", escaped, ABSENT if code else UNREADABLE
