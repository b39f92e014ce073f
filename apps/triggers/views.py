"""The addresses that programs outside call. What they may do is in the path or in what they sign."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.connections import settled
from apps.core.errors import HeadraceError
from apps.triggers import services
from apps.triggers.callers import address_of, body_of, enter
from apps.triggers.errors import HookFlooded, HookNotFound, HookRefused, HookTooLarge, HookUnreadable
from apps.triggers.services.connection_calls import connection_called
from apps.triggers.services.webhook_calls import Call, find_called, webhook_called

STATUSES: dict[type[HeadraceError], int] = {
    HookUnreadable: 400,
    HookRefused: 403,
    HookNotFound: 404,
    HookTooLarge: 413,
    HookFlooded: 429,
}
View = Callable[[HttpRequest, str], HttpResponse]


def hook(view: View) -> View:
    """Make a view of a program without a session: no form token, POST only, refusals as JSON."""

    def answered(request: HttpRequest, token: str) -> HttpResponse:
        try:
            return view(request, token)
        except tuple(STATUSES) as refusal:
            answer = JsonResponse({"message": refusal.message}, status=STATUSES[type(refusal)])
            # Django would log the path of a refused request, and the path of a hook is a secret.
            setattr(answer, "_has_been_logged", True)  # noqa: B010
            return answer

    return csrf_exempt(require_POST(answered))


@hook
def source_hook(request: HttpRequest, token: str) -> HttpResponse:
    """Look at a source now. What the caller says is not believed: the source itself is asked."""
    watch = settled(lambda: services.hook_called(token, now=clock.database_now()))
    return JsonResponse({"pipeline": watch.pipeline.name, "action": watch.action, "message": "Looking at the source."})


@hook
def webhook(request: HttpRequest, token: str) -> HttpResponse:
    """A webhook of the wire API was called."""
    called = find_called(token)
    enter(f"webhook/{called.token}", per_second=settings.HOOK_CALLS_PER_SECOND, now=time.monotonic())
    call = call_of(request)
    started = settled(lambda: webhook_called(called, call, now=clock.database_now()))
    return JsonResponse({"message": "An execution was started." if started else "Nothing was started."})


@hook
def connection(request: HttpRequest, token: str) -> HttpResponse:
    """A git host tells what happened in a repository. An address that is none is answered like a wrong secret."""
    enter(f"connection/{token[:64]}", per_second=settings.HOOK_CALLS_PER_SECOND, now=time.monotonic())
    call = call_of(request)
    started = settled(lambda: connection_called(token, call, now=clock.database_now()))
    return JsonResponse({"message": "The event was taken.", "started": started})


def call_of(request: HttpRequest) -> Call:
    """Raises HookTooLarge."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(body_of(request), headers, address_of(request, settings.TRUSTED_PROXIES))
