"""Addresses of the sockets."""

from django.urls import path

from apps.live.consumers import LiveConsumer

websocket_urlpatterns = [
    path("live/a/<str:account>/", LiveConsumer.as_asgi()),
    path("live/a/<str:account>/pipelines/<str:name>/", LiveConsumer.as_asgi()),
]
