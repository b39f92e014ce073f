"""The names of artifacts."""

from collections.abc import Callable

from apps.artifacts.errors import InvalidObjectName

PIPELINE_PART, ARTIFACT_PART, RANDOM_PART = 20, 10, 7
LONGEST_KEY_BYTES = 1024


def reserve_key(pipeline_name: str, artifact_name: str, *, random: Callable[[int], str], suffix: str = "") -> str:
    """Return the key under which an action's output will lie: `<pipeline>/<artifact>/<random><suffix>`, both names cut.

    Exactly two slashes, because public job workers take the first three parts of the key. Only what a source brings is
    known to be a zip file and may say so in `suffix`: Jenkins goes by the end of the key before it looks at the type.
    Shapes: `random` gets a length and returns so many letters and digits, as `apps.core.ids.new_key_part` does.
    """
    pipeline, artifact = pipeline_name[:PIPELINE_PART], artifact_name[:ARTIFACT_PART]
    return f"{pipeline}/{artifact}/{random(RANDOM_PART)}{suffix}"


def check_name(bucket: str, key: str) -> None:
    """Raises InvalidObjectName for what no row can hold."""
    if not 1 <= len(bucket) <= 63:
        raise InvalidObjectName(f"Bucket '{bucket}' is no name of 1 to 63 characters.")
    if not key or len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidObjectName(f"A key must hold 1 to {LONGEST_KEY_BYTES} bytes.")
    if "\0" in key:
        raise InvalidObjectName("A key must not hold the NUL character.")
