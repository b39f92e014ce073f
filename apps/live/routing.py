"""Addresses of the sockets."""

from typing import Any

from django.urls import URLPattern, path

from apps.live.consumers import LiveConsumer


def sockets(**options: Any) -> list[URLPattern]:
    """Return the routes. `options` are those of LiveConsumer."""
    consumer = LiveConsumer.as_asgi(**options)
    return [
        path("live/a/<str:account>/", consumer),
        path("live/a/<str:account>/pipelines/<str:name>/", consumer),
    ]


websocket_urlpatterns = sockets()
