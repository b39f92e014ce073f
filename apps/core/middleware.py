"""What no address of ours holds, and which addresses may be reached under any host name."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware import common
from django.utils.decorators import sync_and_async_middleware

Answer = HttpResponse | Awaitable[HttpResponse]


@sync_and_async_middleware
def without_nul(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Answer]:
    """Answer that there is no page where the path holds a NUL: neither PostgreSQL nor a file system takes one."""

    async def later(request: HttpRequest) -> HttpResponse:
        _refuse(request)
        answer: HttpResponse = await get_response(request)
        return answer

    def now(request: HttpRequest) -> HttpResponse:
        _refuse(request)
        answer: HttpResponse = get_response(request)
        return answer

    return later if iscoroutinefunction(get_response) else now


def _refuse(request: HttpRequest) -> None:
    """Raises Http404."""
    if "\x00" in request.path_info:
        raise Http404


HOOKS = "/hooks/"


class HostChecked(common.CommonMiddleware):
    """Django's, but hooks answer under any host name: their address shows the public one, which a proxy may change.

    Nothing there is drawn from the name: callers are programs, and what they know is in the path.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info.startswith(HOOKS):
            return None
        return super().process_request(request)
