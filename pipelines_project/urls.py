"""Addresses that Django answers. The wire API, the artifact endpoint and the sockets are routed in `asgi.py`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("apps.core.urls")),
    path("", include("apps.triggers.urls")),
    path("sites/", include("apps.portal.sites.urls")),
    path("", include("apps.portal.urls")),
]
