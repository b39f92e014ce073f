from django.urls import path

from apps.triggers import views

app_name = "triggers"
urlpatterns = [
    path("hooks/source/<str:token>/", views.source_hook, name="source-hook"),
    path("hooks/webhook/<str:token>/", views.webhook, name="webhook"),
    path("hooks/connection/<str:token>/", views.connection, name="connection"),
]
