"""CRC-32C and CRC-64/NVME, which the standard library does not have. Pure.

Python is too slow for one table look-up a byte, so a long stretch is cut into lanes that advance side by side: one
`bytes.translate` looks up all lanes at once, and one XOR of large integers combines them. Source: RFC 3720, appendix
B.4, for CRC-32C; NVM Express NVM Command Set 1.0, section 5.2.1.3.4, for CRC-64/NVME.
"""

from functools import lru_cache

LANES = 2048
LANE_BYTES = 64
STRETCH = LANES * LANE_BYTES

CRC32C_POLYNOMIAL = 0x82F63B78
CRC64NVME_POLYNOMIAL = 0x9A6C9329AC4BC9B5


class Crc:
    """A reflected CRC with all bits set before and inverted after, with hashlib's `update` and `digest`."""

    def __init__(self, polynomial: int, width_bytes: int) -> None:
        self._width = width_bytes
        self._table = _byte_table(polynomial)
        self._planes = _planes(polynomial, width_bytes)
        self._skip = _skip_tables(polynomial, width_bytes)
        self._all_bits = (1 << 8 * width_bytes) - 1
        self._state = self._all_bits
        self._rest = b""

    def update(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        whole = len(data) // STRETCH * STRETCH
        for start in range(0, whole, STRETCH):
            self._state = self._advance(data[start : start + STRETCH])
        self._rest = bytes(data[whole:])

    def digest(self) -> bytes:
        state, table = self._state, self._table
        for byte in self._rest:
            state = table[(state ^ byte) & 0xFF] ^ state >> 8
        return (state ^ self._all_bits).to_bytes(self._width, "big")

    def _advance(self, stretch: bytes) -> int:
        """Return the state after a stretch: each lane by itself from zero, then the lanes one behind the other."""
        registers = [0] * self._width  # the i-th holds byte i of every lane's state
        for row in range(LANE_BYTES):
            column = int.from_bytes(stretch[row::LANE_BYTES], "big")
            index = (registers[0] ^ column).to_bytes(LANES, "big")
            looked_up = [int.from_bytes(index.translate(plane), "big") for plane in self._planes]
            shifted = [*registers[1:], 0]
            registers = [old ^ new for old, new in zip(shifted, looked_up, strict=True)]
        columns = [register.to_bytes(LANES, "big") for register in registers]
        state = self._state
        for lane in zip(*columns, strict=True):
            ends = int.from_bytes(bytes(lane), "little")
            for table in self._skip:
                ends ^= table[state & 0xFF]
                state >>= 8
            state = ends
        return state


def crc32c() -> Crc:
    return Crc(CRC32C_POLYNOMIAL, 4)


def crc64nvme() -> Crc:
    return Crc(CRC64NVME_POLYNOMIAL, 8)


@lru_cache(maxsize=4)
def _byte_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


@lru_cache(maxsize=4)
def _planes(polynomial: int, width_bytes: int) -> tuple[bytes, ...]:
    table = _byte_table(polynomial)
    return tuple(bytes(value >> 8 * plane & 0xFF for value in table) for plane in range(width_bytes))


@lru_cache(maxsize=4)
def _skip_tables(polynomial: int, width_bytes: int) -> tuple[tuple[int, ...], ...]:
    """Return, for each byte of a state, what it becomes when LANE_BYTES zero bytes follow."""
    table = _byte_table(polynomial)

    def skipped(state: int) -> int:
        for _ in range(LANE_BYTES):
            state = table[state & 0xFF] ^ state >> 8
        return state

    return tuple(tuple(skipped(value << 8 * place) for value in range(256)) for place in range(width_bytes))
