from django.urls import path

from apps.portal.api.logs import ActionLog

urlpatterns = [
    path("action-executions/<uuid:action_execution_id>/log/", ActionLog.as_view(), name="api-action-log"),
]
