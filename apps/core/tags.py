"""Tags on resources. Pure. Source: reference sections 1.6 and 4.1."""

import re
from collections.abc import Mapping, Sequence

from apps.core.errors import HeadraceError

MOST_TAGS = 50
ALPHABET = re.compile(r"[\w\s+\-=.:/@]*")


class TooManyTags(HeadraceError):
    """A resource would have more than 50 tags."""


class InvalidTags(HeadraceError):
    """A tag uses the reserved prefix or a character that tags may not hold."""


def tags_of(pairs: Sequence[Mapping[str, str]], *, arn: str) -> dict[str, str]:
    """Return tags by key. Shapes: `pairs` is a TagList of the wire API. Raises TooManyTags, InvalidTags."""
    tags = {pair["key"]: pair["value"] for pair in pairs}
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise InvalidTags(
                "Not allowed to modify system tags. System tags start with 'aws:'. "
                "msg=[Caller is an end user and not allowed to mutate system tags]"
            )
        if not ALPHABET.fullmatch(key) or not ALPHABET.fullmatch(value):
            raise InvalidTags(
                f"The tag '{key}' holds a character that tags may not. Use letters, digits, + - = . _ : / @"
            )
    if len(tags) > MOST_TAGS:
        raise TooManyTags(f"Tag limit exceeded for resource [{arn}].")
    return tags


def as_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the wire API's form, sorted by key."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags)]
