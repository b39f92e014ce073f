"""Our REST API, /api/v1/: what the wire API has no word for."""

from django.urls import path, re_path

from apps.restapi.views.access_keys import AccessKeyDetail, AccessKeys
from apps.restapi.views.accounts import AccountDetail, Accounts, Members
from apps.restapi.views.artifacts import ArtifactFile, Artifacts
from apps.restapi.views.aws_connections import AwsConnectionDetail
from apps.restapi.views.docs import Schema, docs
from apps.restapi.views.logs import ActionLog
from apps.restapi.views.nothing import Nothing
from apps.restapi.views.schedules import ScheduleDetail, Schedules
from apps.restapi.views.tokens import TokenDetail, Tokens

urlpatterns = [
    path("accounts/", Accounts.as_view(), name="api-accounts"),
    path("accounts/<str:account>/", AccountDetail.as_view(), name="api-account"),
    path("accounts/<str:account>/members/", Members.as_view(), name="api-members"),
    path("accounts/<str:account>/access-keys/", AccessKeys.as_view(), name="api-access-keys"),
    path("accounts/<str:account>/access-keys/<str:key_id>/", AccessKeyDetail.as_view(), name="api-access-key"),
    path("accounts/<str:account>/aws-connection/", AwsConnectionDetail.as_view(), name="api-aws-connection"),
    path("accounts/<str:account>/executions/<uuid:execution_id>/artifacts/", Artifacts.as_view(), name="api-artifacts"),
    path(
        "accounts/<str:account>/executions/<uuid:execution_id>/artifacts/<str:name>/",
        ArtifactFile.as_view(),
        name="api-artifact",
    ),
    path("accounts/<str:account>/schedules/", Schedules.as_view(), name="api-schedules"),
    path("accounts/<str:account>/schedules/<str:name>/", ScheduleDetail.as_view(), name="api-schedule"),
    path("action-executions/<uuid:action_execution_id>/log/", ActionLog.as_view(), name="api-action-log"),
    path("tokens/", Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/", TokenDetail.as_view(), name="api-token"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path(r"", Nothing.as_view(), name="api-nothing"),
]
