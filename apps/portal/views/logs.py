"""The log of an action or of a rule: as text for programs, as lines for the page."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.jobs.log_text import STRETCH_BYTES, text_from
from apps.portal.logs import has_attempt, lines_from
from apps.portal.membership import PortalRequest, for_members
from apps.portal.views.headers import add_headers

MOST_DIGITS = 15


@require_safe
@for_members()
def text(request: PortalRequest, action_execution_id: UUID) -> HttpResponse:
    """Return the log from an offset in bytes on: at most 256 KiB of it, without `start` all of it."""
    _refuse_strangers(request, action_execution_id)
    limit_bytes = STRETCH_BYTES if "start" in request.GET else settings.LOG_LIMIT_BYTES * 2
    found = text_from(request.visit.account, action_execution_id, start=start_of(request), limit_bytes=limit_bytes)
    response = HttpResponse(found.content, content_type="text/plain; charset=utf-8")
    return add_headers(response, _offsets(found.start, found.end))


@require_safe
@for_members()
def lines(request: PortalRequest, action_execution_id: UUID) -> HttpResponse:
    """Return the lines from an offset on, at which a line begins, as the page shows them."""
    _refuse_strangers(request, action_execution_id)
    found = lines_from(request.visit.account, action_execution_id, start=start_of(request))
    response = render(request, "portal/components/log_lines.html", {"log": found})
    return add_headers(response, _offsets(found.start, found.end))


def start_of(request: PortalRequest) -> int:
    text = request.GET.get("start", "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        raise Http404
    return int(text)


def _refuse_strangers(request: PortalRequest, action_execution_id: UUID) -> None:
    if not has_attempt(request.visit.account, action_execution_id):
        raise Http404


def _offsets(start: int, end: int) -> dict[str, str]:
    return {"X-Log-Start": str(start), "X-Log-End": str(end), "Cache-Control": "private, no-store"}
