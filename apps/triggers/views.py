"""The address that a git hook calls."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.triggers import services
from apps.triggers.errors import HookNotFound


@csrf_exempt  # the caller is a program without a session; the token in the address is what it knows
@require_POST
def source_hook(request: HttpRequest, token: str) -> JsonResponse:
    """Look at a source now. What the caller says is not believed: the source itself is asked."""
    try:
        watch = services.hook_called(token, now=clock.now())
    except HookNotFound as error:
        return JsonResponse({"message": error.message}, status=404)
    return JsonResponse({"pipeline": watch.pipeline.name, "action": watch.action, "message": "Looking at the source."})
