"""Pages of results by key: tokens that name the last row shown and are good for one request only."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, QuerySet

from apps.core.errors import HeadraceError

Row = TypeVar("Row")
Kept = TypeVar("Kept", bound=Model)


class InvalidNextToken(HeadraceError):
    """The token was not issued for this request of this account."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page: the rows, and the token that leads to the next one (None on the last)."""

    rows: Sequence[Row]
    next_token: str | None


def read_token(token: str | None, *, scope: Mapping[str, Any]) -> list | None:
    """Return the key that `token` carries, or None without a token. Raises InvalidNextToken."""
    if token is None:
        return None
    try:
        fingerprint, key = signing.loads(token, salt="headrace.page")
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidNextToken("The nextToken is not valid. Start again without one.") from None
    if fingerprint != _fingerprint(scope):
        raise InvalidNextToken("The nextToken was issued for another request. Repeat the request that issued it.")
    return key


def page(rows: Sequence[Row], size: int, *, scope: Mapping[str, Any], key: Callable[[Row], Sequence[Any]]) -> Page[Row]:
    """Cut `rows`, of which the caller read `size` + 1, to one page. `scope` binds the token to account and request."""
    if len(rows) <= size:
        return Page(rows, None)
    shown = rows[:size]
    return Page(shown, signing.dumps([_fingerprint(scope), list(key(shown[-1]))], salt="headrace.page", compress=True))


def page_by(field: str, rows: QuerySet[Kept], *, size: int, token: str | None, scope: Mapping[str, Any]) -> Page[Kept]:
    """Return a page of `rows` in the order of `field`, by one query.

    Shapes: `field` is unique among the rows and named as a filter names it, "user__username"; its values are numbers or
    have a text that the field reads again, as UUIDs have. `scope` binds the token to account and request.
    Raises: InvalidNextToken.
    """
    if after := read_token(token, scope=scope):
        rows = rows.filter(**{f"{field}__gt": after[0]})
    value = attrgetter(field.replace("__", "."))
    return page(list(rows.order_by(field)[: size + 1]), size, scope=scope, key=lambda row: [_plain(value(row))])


def _plain(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _fingerprint(scope: Mapping[str, Any]) -> str:
    text = json.dumps(scope, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
