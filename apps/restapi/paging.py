"""Pages of a list: `?size=` rows, and `?after=` what the page before said."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from apps.core.pages import Page
from apps.restapi.parsing import StrictSerializer, checked_query

LARGEST = 100


class PageAsked(StrictSerializer):
    size = serializers.IntegerField(min_value=1, max_value=LARGEST, default=LARGEST, help_text="Most rows of the page.")
    after = serializers.CharField(
        max_length=2048, default=None, help_text="`next` of the page before; left out, the first page is meant."
    )


def page_asked(request: Request) -> tuple[int, str | None]:
    """Return size and token. Raises ValidationError."""
    asked = checked_query(PageAsked, request)
    return asked["size"], asked["after"]


def page_answer(found: Page, show: Callable[[Any], Any]) -> dict[str, Any]:
    return {"items": [show(row) for row in found.rows], "next": found.next_token}
