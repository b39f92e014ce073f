"""The description of this API, for programs and for people."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView


class Schema(SpectacularAPIView):
    """The OpenAPI document of this API."""

    renderer_classes = [OpenApiJsonRenderer]
    authentication_classes: list[type] = []


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description to people, and let them try it with the session that they have."""
    get_token(request)  # so that the cookie is there
    return render(request, "restapi/docs.html", {"csrf_cookie": settings.CSRF_COOKIE_NAME})
