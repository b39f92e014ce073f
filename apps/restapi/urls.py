"""Our REST API, /api/v1/: what the wire API has no word for."""

from django.urls import include, path, re_path

from apps.restapi.views.access_keys import AccessKeyDetail, AccessKeys
from apps.restapi.views.accounts import AccountDetail, Accounts, Members
from apps.restapi.views.approvals import ApprovalDecision, ApprovalRuleDetail, Approvals
from apps.restapi.views.artifacts import ArtifactFile, Artifacts
from apps.restapi.views.aws_connections import AwsConnectionDetail
from apps.restapi.views.connections import ConnectionDetail, Connections, ConnectionSecret
from apps.restapi.views.deliveries import (
    Deliveries,
    DeliveryDetail,
    DeliveryResend,
    NotificationTargets,
    NotificationTargetSecret,
)
from apps.restapi.views.docs import Schema, docs
from apps.restapi.views.logs import ActionLog, RuleLog
from apps.restapi.views.nothing import Nothing
from apps.restapi.views.notification_rules import (
    NotificationRuleDetail,
    NotificationRules,
    NotificationTopicDetail,
    NotificationTopics,
)
from apps.restapi.views.schedules import ScheduleDetail, Schedules
from apps.restapi.views.sources import Sources
from apps.restapi.views.tokens import TokenDetail, Tokens
from apps.restapi.views.waits import Waits

notifications = [
    path("notification-rules/", NotificationRules.as_view(), name="api-notification-rules"),
    path("notification-rules/<uuid:rule_id>/", NotificationRuleDetail.as_view(), name="api-notification-rule"),
    path("notification-topics/", NotificationTopics.as_view(), name="api-notification-topics"),
    path("notification-topics/<str:name>/", NotificationTopicDetail.as_view(), name="api-notification-topic"),
    path("notification-targets/", NotificationTargets.as_view(), name="api-notification-targets"),
    path("notification-targets/<uuid:target_id>/secret/", NotificationTargetSecret.as_view(), name="api-target-secret"),
    path("deliveries/", Deliveries.as_view(), name="api-deliveries"),
    path("deliveries/<uuid:delivery_id>/", DeliveryDetail.as_view(), name="api-delivery"),
    path("deliveries/<uuid:delivery_id>/resend/", DeliveryResend.as_view(), name="api-delivery-resend"),
]
of_a_pipeline = [
    path("sources/", Sources.as_view(), name="api-sources"),
    path("waits/", Waits.as_view(), name="api-waits"),
    path("approval-rule/", ApprovalRuleDetail.as_view(), name="api-approval-rule"),
    path("approvals/", Approvals.as_view(), name="api-approvals"),
    path("approvals/<uuid:action_execution_id>/decision/", ApprovalDecision.as_view(), name="api-approval-decision"),
]
urlpatterns = [
    path("accounts/", Accounts.as_view(), name="api-accounts"),
    path("accounts/<str:account>/", AccountDetail.as_view(), name="api-account"),
    path("accounts/<str:account>/members/", Members.as_view(), name="api-members"),
    path("accounts/<str:account>/access-keys/", AccessKeys.as_view(), name="api-access-keys"),
    path("accounts/<str:account>/access-keys/<str:key_id>/", AccessKeyDetail.as_view(), name="api-access-key"),
    path("accounts/<str:account>/aws-connection/", AwsConnectionDetail.as_view(), name="api-aws-connection"),
    path("accounts/<str:account>/connections/", Connections.as_view(), name="api-connections"),
    path("accounts/<str:account>/connections/<uuid:uid>/", ConnectionDetail.as_view(), name="api-connection"),
    path(
        "accounts/<str:account>/connections/<uuid:uid>/webhook-secret/",
        ConnectionSecret.as_view(),
        name="api-connection-secret",
    ),
    path("accounts/<str:account>/executions/<uuid:execution_id>/artifacts/", Artifacts.as_view(), name="api-artifacts"),
    path(
        "accounts/<str:account>/executions/<uuid:execution_id>/artifacts/<str:name>/",
        ArtifactFile.as_view(),
        name="api-artifact",
    ),
    path("accounts/<str:account>/schedules/", Schedules.as_view(), name="api-schedules"),
    path("accounts/<str:account>/schedules/<str:name>/", ScheduleDetail.as_view(), name="api-schedule"),
    path("accounts/<str:account>/", include(notifications)),
    path("accounts/<str:account>/pipelines/<str:pipeline>/", include(of_a_pipeline)),
    path("action-executions/<uuid:action_execution_id>/log/", ActionLog.as_view(), name="api-action-log"),
    path("rule-executions/<uuid:rule_execution_id>/log/", RuleLog.as_view(), name="api-rule-log"),
    path("tokens/", Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/", TokenDetail.as_view(), name="api-token"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path(r"", Nothing.as_view(), name="api-nothing"),
]
