"""What one connection may ask of the server."""

from dataclasses import dataclass

HEAD_FIELDS = 64
HEAD_BYTES = 16_384


@dataclass(frozen=True)
class Bounds:
    """Units: `body_bytes` for everything but artifacts, which have `artifact_bytes`.

    `head_seconds` run from a request's first byte (or the connection's start) to the end of its head;
    `silence_seconds` may pass between two parts of a body, or between two requests;
    `linger_seconds` the rest of a refused body is thrown away, so that its sender gets to reading the answer;
    `ahead_bytes` of a body may have arrived that the application has not read.
    """

    body_bytes: int = 1_048_576
    artifact_bytes: int = 5 * 1024**3
    head_seconds: float = 30
    silence_seconds: float = 60
    linger_seconds: float = 2
    connections_per_address: int = 500
    ahead_bytes: int = 262_144
