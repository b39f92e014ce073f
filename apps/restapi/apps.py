from django.apps import AppConfig


class RestApiConfig(AppConfig):
    name = "apps.restapi"
    label = "restapi"
