"""Tags on resources. Pure. Source: reference sections 1.6 and 4.1."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from apps.core.errors import HeadraceError

MOST_TAGS = 50
ALPHABET = re.compile(r"[\w\s+\-=.:/@]*")


Change = Callable[[Mapping[str, str]], dict[str, str]]  # from the tags that a resource has to those it shall have


class TooManyTags(HeadraceError):
    """A resource would have more than 50 tags."""


class InvalidTags(HeadraceError):
    """A tag uses the reserved prefix or a character that tags may not hold."""


def tags_of(pairs: Sequence[Mapping[str, str]], *, arn: str) -> dict[str, str]:
    """Return tags by key. Shapes: `pairs` is a TagList of the wire API. Raises TooManyTags, InvalidTags."""
    return with_tags({}, pairs, arn=arn)


def with_tags(tags: Mapping[str, str], pairs: Sequence[Mapping[str, str]], *, arn: str) -> dict[str, str]:
    """Return `tags` with `pairs` added; a key that is there gets the new value. Raises TooManyTags, InvalidTags."""
    given = {pair["key"]: pair["value"] for pair in pairs}
    refuse_system_keys(given)
    for key, value in given.items():
        if not ALPHABET.fullmatch(key) or not ALPHABET.fullmatch(value):
            raise InvalidTags(
                f"The tag '{key}' holds a character that tags may not. Use letters, digits, + - = . _ : / @"
            )
    joined = {**tags, **given}
    if len(joined) > MOST_TAGS:
        raise TooManyTags(f"Tag limit exceeded for resource [{arn}].")
    return joined


def without_tags(tags: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Return `tags` without those of `keys`; keys that are not there change nothing. Raises InvalidTags."""
    refuse_system_keys(keys)
    return {key: value for key, value in tags.items() if key not in keys}


def refuse_system_keys(keys: Iterable[str]) -> None:
    """Raises InvalidTags."""
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidTags(
            "Not allowed to modify system tags. System tags start with 'aws:'. "
            "msg=[Caller is an end user and not allowed to mutate system tags]"
        )


def as_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the wire API's form, sorted by key."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags)]
