"""CBOR that tries a reader: the examples of RFC 8949, appendix A, and what is malformed, huge, deep or not allowed.

Each is a whole request body for GetPipeline. RPC v2 CBOR leaves maps with text keys, texts, integers of 64 bits,
floats, booleans, null, lists, byte strings and tag 1; everything else cannot be a value of this service.
"""

from collections.abc import Iterator

from tests.faults.verdicts import ABSENT, REFUSED, UNREADABLE, Verdict

# RFC 8949, appendix A, table 6, by what the service does with the value as the pipeline's name.
EXAMPLES: dict[Verdict, tuple[str, ...]] = {
    UNREADABLE: (
        "00", "01", "0a", "17", "1818", "1819", "1864", "1903e8", "1a000f4240", "1b000000e8d4a51000",
        "1bffffffffffffffff", "c249010000000000000000", "3bffffffffffffffff", "c349010000000000000000",
        "20", "29", "3863", "3903e7", "f90000", "f98000", "f93c00", "fb3ff199999999999a", "f93e00", "f97bff",
        "fa47c35000", "fa7f7fffff", "fb7e37e43c8800759c", "f90001", "f90400", "f9c400", "fbc010666666666666",
        "f97c00", "f97e00", "f9fc00", "fa7f800000", "fa7fc00000", "faff800000", "fb7ff0000000000000",
        "fb7ff8000000000000", "fbfff0000000000000", "f4", "f5", "f7", "f0", "f8ff",
        "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "c1fb41d452d9ec200000", "d74401020304",
        "d818456449455446", "d82076687474703a2f2f7777772e6578616d706c652e636f6d", "40", "4401020304",
        "80", "83010203", "8301820203820405", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0",
        "a201020304", "a26161016162820203", "826161a161626163", "a56161614161626142616361436164614461656145",
        "5f42010243030405ff", "9fff", "9f018202039f0405ffff", "9f01820203820405ff", "83018202039f0405ff",
        "83019f0203ff820405", "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", "bf61610161629f0203ffff",
        "826161bf61626163ff", "bf6346756ef563416d7421ff",
    ),
    REFUSED: ("f6", "60", "62225c", "62c3bc", "63e6b0b4", "64f0908591"),
    ABSENT: ("6161", "6449455446", "7f657374726561646d696e67ff"),
}  # fmt: skip
NAME = "646e616d65"  # the text "name"
ABSENT_NAME = "66616273656e74"  # the text "absent"


def bodies() -> Iterator[tuple[str, bytes, Verdict]]:
    """Give each body with what it is called and what it must be answered."""
    for verdict, examples in EXAMPLES.items():
        for example in examples:
            yield f"example {example} as the name", bytes.fromhex(f"a1{NAME}{example}"), verdict
            unknown = ABSENT if _is_a_value(example) else UNREADABLE
            yield f"example {example} unknown", bytes.fromhex(f"a2 {NAME}{ABSENT_NAME} 6178 {example}"), unknown
            if example[0] not in "ab":
                yield f"example {example} alone", bytes.fromhex(example), UNREADABLE
    for name, text in GOOD.items():
        yield name, bytes.fromhex(text), ABSENT
    for name, text in BAD.items():
        yield name, bytes.fromhex(text), UNREADABLE
    yield from _truncated()
    yield from _reserved()
    yield from _deep()


def _is_a_value(example: str) -> bool:
    """Tell whether an example is a value of this service at all: then an unknown member may hold it."""
    not_finite = {"f97c00", "f97e00", "f9fc00", "fa7f800000", "fa7fc00000", "faff800000", "fb7ff0000000000000"}
    not_finite |= {"fb7ff8000000000000", "fbfff0000000000000"}
    too_long = {"1bffffffffffffffff", "3bffffffffffffffff"}
    simple = {"f7", "f0", "f8ff"}
    other_tag = example[0] in "cd" and example[:2] != "c1"
    return not (example in not_finite | too_long | simple | {"a201020304"} or other_tag)


GOOD = {
    "a map of indefinite length": f"bf {NAME}{ABSENT_NAME} ff",
    "a name in pieces": f"a1 {NAME} 7f 63616273 63656e74 ff",
    "a name in pieces, some empty": f"a1 {NAME} 7f 60 63616273 60 63656e74 ff",
    "a key in pieces": f"a1 7f 626e61 626d65 ff {ABSENT_NAME}",
    "lengths longer than needed": "b90001 78046e616d65 7b0000000000000006616273656e74",
    "a count of four bytes": f"ba00000001 {NAME}{ABSENT_NAME}",
    "a count of eight bytes": f"bb0000000000000001 {NAME}{ABSENT_NAME}",
    "an unknown member of sixty levels": f"a2 {NAME}{ABSENT_NAME} 6178 {'81' * 60}00",
    "the greatest integer, unknown": f"a2 {NAME}{ABSENT_NAME} 6178 1b7fffffffffffffff",
}
BAD = {
    "nothing": "",
    "a break": "ff",
    "two values": "a0a0",
    "a map and a break": f"a1 {NAME}{ABSENT_NAME} ff",
    "a member twice": f"a2 {NAME}{ABSENT_NAME} {NAME}{ABSENT_NAME}",
    "a member twice, once in pieces": f"a2 {NAME}{ABSENT_NAME} 7f 626e61 626d65 ff {ABSENT_NAME}",
    "an unknown member twice": f"a3 {NAME}{ABSENT_NAME} 617801 617802",
    "a member twice deep inside": f"a2 {NAME}{ABSENT_NAME} 6178 81a2617901617902",
    "a key of bytes": f"a1 446e616d65 {ABSENT_NAME}",
    "a key that is a number": f"a1 01 {ABSENT_NAME}",
    "a key that is null": f"a1 f6 {ABSENT_NAME}",
    "a tagged key": f"a1 c1{NAME} {ABSENT_NAME}",
    "a key without a value": f"bf {NAME} ff",
    "a map without its break": f"bf {NAME}{ABSENT_NAME}",
    "a name in pieces without its break": f"a1 {NAME} 7f 63616273",
    "a name in pieces of bytes": f"a1 {NAME} 7f 43616273 ff",
    "a name in pieces of pieces": f"a1 {NAME} 7f 7f 63616273 ff ff",
    "a name in pieces of numbers": f"a1 {NAME} 7f 01 ff",
    "a name of bad UTF-8": f"a1 {NAME} 62c328",
    "a name of an overlong NUL": f"a1 {NAME} 62c080",
    "a name of half a surrogate pair": f"a1 {NAME} 63eda080",
    "a name with a NUL": f"a1 {NAME} 63610062",
    "a piece that splits a character in bad UTF-8": f"a1 {NAME} 7f 61c3 6128 ff",
    "a name longer than the body": f"a1 {NAME} 7903e8 61",
    "a name of four gigabytes": f"a1 {NAME} 7affffffff 61",
    "a name of all there is": f"a1 {NAME} 7bffffffffffffffff 61",
    "bytes of all there is": f"a1 {NAME} 5bffffffffffffffff 61",
    "a piece of all there is": f"a1 {NAME} 7f 7bffffffffffffffff 61 ff",
    "a list of all there is": f"a1 {NAME} 9bffffffffffffffff 00",
    "a list of a million": f"a1 {NAME} 9a000f4240 00",
    "a map of all there is": f"bbffffffffffffffff {NAME}{ABSENT_NAME}",
    "a map of four thousand million": f"baffffffff {NAME}{ABSENT_NAME}",
    "a simple value of two bytes that fits in one": f"a1 {NAME} f818",
    "a break as a value": f"a1 {NAME} ff",
    "a break inside a counted list": f"a2 {NAME}{ABSENT_NAME} 6178 82 00 ff",
    "a tag without its value": f"a1 {NAME} c1",
    "a moment of text": f"a2 {NAME}{ABSENT_NAME} 6178 c161 61",
    "a moment of a list": f"a2 {NAME}{ABSENT_NAME} 6178 c180",
    "a moment of a moment": f"a2 {NAME}{ABSENT_NAME} 6178 c1c100",
    "a moment beyond the calendar": f"a2 {NAME}{ABSENT_NAME} 6178 c11b7fffffffffffffff",
    "a moment that is no number": f"a2 {NAME}{ABSENT_NAME} 6178 c1f97e00",
    "the magic number of CBOR": f"d9d9f7 a1 {NAME}{ABSENT_NAME}",
    "a date of text": f"a2 {NAME}{ABSENT_NAME} 6178 c06a323032342d30312d3032",
    "a regular expression": f"a2 {NAME}{ABSENT_NAME} 6178 d823 6161",
    "a shared value": f"a2 {NAME}{ABSENT_NAME} 6178 d81c 80",
    "a reference to a shared value": f"a2 {NAME}{ABSENT_NAME} 6178 d81d 00",
    "a fraction": f"a2 {NAME}{ABSENT_NAME} 6178 c482211903e8",
    "a set": f"a2 {NAME}{ABSENT_NAME} 6178 d9010280",
    "JSON": b'{"name": "absent"}'.hex(),
    "zeros": "00" * 64,
    "ones": "ff" * 64,
}


def _truncated() -> Iterator[tuple[str, bytes, Verdict]]:
    whole = bytes.fromhex(f"a3 {NAME}{ABSENT_NAME} 6178 9f 01 7f 6161 ff ff 6179 c1fb41d452d9ec200000")
    for length in range(len(whole)):
        yield f"the first {length} bytes", whole[:length], UNREADABLE
    yield "all bytes", whole, ABSENT


def _reserved() -> Iterator[tuple[str, bytes, Verdict]]:
    """Give the heads whose length has none of the forms there are, of each major type, and endless numbers and tags."""
    for kind in range(8):
        for info in (28, 29, 30, *((31,) if kind in (0, 1, 6) else ())):
            head = kind << 5 | info
            yield f"the head {head:02x}", bytes.fromhex(f"a1{NAME}") + bytes([head]) + bytes(8), UNREADABLE


def _deep() -> Iterator[tuple[str, bytes, Verdict]]:
    for name, opening in {"lists": "81", "endless lists": "9f", "maps": "a16161", "endless maps": "bf6161"}.items():
        for levels in (65, 1_000, 100_000):
            body = bytes.fromhex(f"a2 {NAME}{ABSENT_NAME} 6178") + bytes.fromhex(opening) * levels + b"\x00"
            yield f"{name} of {levels} levels", body, UNREADABLE
    for levels in (2, 65, 100_000):
        yield f"tags of {levels} levels", bytes.fromhex(f"a1{NAME}") + b"\xc1" * levels + b"\x00", UNREADABLE
