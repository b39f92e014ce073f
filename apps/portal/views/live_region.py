"""Pages with a live region: one renderer for the page, for what htmx re-reads, and for answers to forms."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from apps.events.selectors import last_sequence
from apps.pipelines.errors import PipelineNotFound
from apps.portal.membership import PortalRequest
from apps.portal.pages.pipeline import pipeline_page
from apps.portal.pages.words import LIVE_STATUSES
from apps.portal.views.headers import add_headers


def render_live(
    request: PortalRequest, name: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Answer with the page of this name, or with its live region alone when htmx asks."""
    kind = "regions" if request.htmx else "pages"
    known = {"is_first": "after" not in request.GET, "statuses": LIVE_STATUSES}
    response = render(request, f"portal/{kind}/{name}.html", {**known, **context}, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def render_pipeline(request: PortalRequest, name: str) -> HttpResponse:
    """Answer with the page, or with its live region alone when htmx asks. Raises Http404."""
    is_reread = bool(request.htmx) and request.method == "GET"
    tag = _tag(request) if is_reread else ""
    if is_reread and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    try:
        page = pipeline_page(
            request.visit.account,
            name,
            selected=_field(request, "selected"),
            attempt=_attempt(request),
            reader=request.visit.principal,
        )
    except PipelineNotFound:
        raise Http404 from None
    response = render_live(request, "pipeline", {"page": page, "is_answer": request.method == "POST"})
    if is_reread:
        add_headers(response, {"ETag": tag, "Cache-Control": "private, no-cache"})
    return response


def _field(request: PortalRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name) or ""


def _attempt(request: PortalRequest) -> int | None:
    text = _field(request, "attempt")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _tag(request: PortalRequest) -> str:
    """Return an entity tag that changes with the account's newest event, the reader, and what is asked for."""
    visit = request.visit
    facts = (last_sequence(visit.account), visit.role, request.session.session_key, request.get_full_path())
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}"'
