"""The hash that ties each event to the one before it. Pure."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID


def event_hash(previous_hash: str, facts: dict[str, Any]) -> str:
    """Return the hex SHA-256 of an event's facts and of the hash before it."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"An event cannot hold a {type(value).__name__}.")
