import random
from itertools import pairwise

import pytest

from apps.artifacts.crc import STRETCH, crc32c, crc64nvme

NINE = b"123456789"


def digest(make, *pieces: bytes) -> str:
    crc = make()
    for piece in pieces:
        crc.update(piece)
    return crc.digest().hex()


def bit_by_bit(polynomial: int, width: int, data: bytes) -> str:
    everything = (1 << width) - 1
    state = everything
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (polynomial if state & 1 else 0)
    return f"{state ^ everything:0{width // 4}x}"


@pytest.mark.parametrize(
    ("make", "data", "expected"),
    [
        (crc32c, NINE, "e3069283"),  # the check value of the catalogue of CRCs
        (crc32c, b"", "00000000"),
        (crc32c, bytes(32), "8a9136aa"),  # RFC 3720, appendix B.4
        (crc32c, b"\xff" * 32, "62a8ab43"),
        (crc32c, bytes(range(32)), "46dd794e"),
        (crc64nvme, NINE, "ae8b14860a799888"),
        (crc64nvme, b"", "0000000000000000"),
        (crc64nvme, bytes(4096), "6482d367eb22b64e"),  # NVM Command Set, figure of CRC test cases
        (crc64nvme, b"\xff" * 4096, "c0ddba7302eca3ac"),
    ],
)
def test_a_published_value_is_computed(make, data, expected):
    assert digest(make, data) == expected


@pytest.mark.parametrize(
    ("make", "polynomial", "width"), [(crc32c, 0x82F63B78, 32), (crc64nvme, 0x9A6C9329AC4BC9B5, 64)]
)
def test_lanes_give_what_one_bit_after_the_other_gives(make, polynomial, width):
    data = random.Random(7).randbytes(STRETCH + 77)
    assert digest(make, data) == bit_by_bit(polynomial, width, data)


@pytest.mark.parametrize("make", [crc32c, crc64nvme])
def test_the_pieces_that_data_comes_in_change_nothing(make):
    data = random.Random(8).randbytes(3 * STRETCH + 5)
    cuts = [0, 1, 17, STRETCH - 1, STRETCH + 1, 2 * STRETCH + 3, len(data)]
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    assert digest(make, *pieces) == digest(make, data)


def test_asking_for_the_digest_does_not_end_it():
    crc = crc32c()
    crc.update(NINE[:4])
    crc.digest()
    crc.update(NINE[4:])
    assert crc.digest().hex() == "e3069283"
