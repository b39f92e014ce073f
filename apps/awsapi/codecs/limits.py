"""How much one request may ask of a decoder. Source: the input limits of the security reference, the same for both."""

from apps.core.errors import HeadraceError

DEEPEST = 64
MOST_NODES = 20_000
LONGEST_STRING = 262_144
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**63 - 1


class SerializationError(HeadraceError):
    """A body that is not what its protocol calls a value, or one beyond the limits."""
