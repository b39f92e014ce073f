"""Addresses that Django answers. The wire API, the artifact endpoint and the sockets are routed in `asgi.py`."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("apps.core.urls")),
    path("", include("apps.triggers.urls")),
    path("api/v1/", include("apps.restapi.urls")),
    path("sites/", include("apps.portal.sites.urls")),
    path("", include("apps.portal.urls")),
]

handler400 = "apps.restapi.handlers.bad_request"
handler403 = "apps.restapi.handlers.permission_denied"
handler404 = "apps.restapi.handlers.page_not_found"
handler500 = "apps.restapi.handlers.server_error"
