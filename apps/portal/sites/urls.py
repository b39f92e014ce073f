from django.urls import path

from apps.portal.sites import views

app_name = "sites"
urlpatterns = [
    path("<str:account>/<str:target>/", views.site, name="site"),
    path("<str:account>/<str:target>/<path:name>", views.site, name="site-file"),
]
