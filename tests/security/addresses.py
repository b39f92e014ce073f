"""Every address that Django answers, read from the table of addresses, with names filled in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

PART = re.compile(r"<(?:\w+:)?(\w+)>")
# Addresses that are no pattern of parts: what stands for each here. `api-nothing` answers whatever has no address.
REGEXES = {"app_list": "tenancy/", "api-nothing": "no/such/thing/", None: "no-such-page"}


@dataclass(frozen=True)
class Address:
    """Shapes: `route` as "a/<account>/pipelines/<name>/"; `name` is that of the route, without its namespace."""

    route: str
    name: str | None

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(PART.findall(self.route))

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the path. Raises KeyError for a part that has no value."""
        return "/" + PART.sub(lambda part: values[part[1]], self.route)

    @property
    def is_of_operators(self) -> bool:
        return self.route.startswith("admin/")

    def __str__(self) -> str:
        return self.route or "/"


def every_address() -> list[Address]:
    return list(_below(get_resolver().url_patterns, ""))


def _below(entries: Sequence[Any], start: str) -> Iterator[Address]:
    for entry in entries:
        assert isinstance(entry, URLPattern | URLResolver)
        is_regex = isinstance(entry.pattern, RegexPattern)
        if isinstance(entry, URLResolver):
            assert not is_regex, f"{entry} begins with a regular expression: read it here"
            yield from _below(entry.url_patterns, start + _shortened(entry))
        else:
            yield Address(start + (REGEXES[entry.name] if is_regex else _shortened(entry)), entry.name)


def _shortened(entry: URLPattern | URLResolver) -> str:
    return PART.sub(r"<\1>", str(entry.pattern))
