"""Notification rules, the targets they tell, and topics: for admins, for an address may be a secret by itself."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.notifications import selectors, services
from apps.notifications.models import EMAIL, WEBHOOK, NotificationRule
from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy.roles import Role


class TargetShown(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField([WEBHOOK, EMAIL])
    address = serializers.CharField(help_text="A URL or an e-mail address.")


class RuleShown(serializers.Serializer):
    id = serializers.UUIDField()
    arn = serializers.CharField(help_text="`notificationRuleArn` of its messages.")
    name = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    pipelines = serializers.ListField(child=serializers.CharField(), help_text="Empty: all pipelines.")
    detail = serializers.ChoiceField(NotificationRule.DETAILS)
    targets = TargetShown(source="targets.all", many=True)
    created_at = serializers.DateTimeField()


class NewRuleShown(RuleShown):
    secrets = serializers.DictField(
        child=serializers.CharField(), help_text="By address, of the webhooks that are new. Shown this once."
    )


class TopicShown(serializers.Serializer):
    name = serializers.CharField()
    arn = serializers.CharField(help_text="What an approval names in `NotificationArn`.")
    targets = TargetShown(source="targets.all", many=True)
    created_at = serializers.DateTimeField()


class NewTopicShown(TopicShown):
    secrets = serializers.DictField(
        child=serializers.CharField(), help_text="By address, of the webhooks that are new. Shown this once."
    )


class TargetsAsked(StrictSerializer):
    targets = serializers.ListField(
        child=serializers.CharField(max_length=2000), help_text="URLs and e-mail addresses, ten at most.", max_length=10
    )
    secret = serializers.CharField(
        max_length=200, default="", help_text="What is sent to new webhooks is signed with it; drawn when left out."
    )


class TopicAsked(TargetsAsked):
    name = serializers.CharField(max_length=256)


class RuleAsked(TargetsAsked):
    name = serializers.CharField(max_length=64)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=100), default=["*"], max_length=50, help_text="`*` is every event."
    )
    pipelines = serializers.ListField(
        child=serializers.CharField(max_length=100),
        default=[],
        max_length=100,
        help_text="Names, with `*` for any characters; all pipelines when left out.",
    )
    detail = serializers.ChoiceField(NotificationRule.DETAILS, default="FULL")


class NotificationRules(AccountView):
    """The notification rules of an account by name; and new ones, which are told of what happens from then on."""

    needs = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(parameters=[PageAsked], responses=page_of(RuleShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = selectors.list_rules(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: RuleShown(row).data))

    @extend_schema(request=RuleAsked, responses={201: NewRuleShown})
    def post(self, request: Request, account: str) -> Response:
        made = services.create_rule(self.account, **checked(RuleAsked, request), now=clock.database_now())
        return Response(_with_secrets(RuleShown(made.rule), made.secrets), 201)


class NotificationRuleDetail(AccountView):
    """One notification rule. `PUT` says anew what it tells whom; `DELETE` ends it, and what is on its way arrives."""

    needs = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=RuleShown)
    def get(self, request: Request, account: str, rule_id: UUID) -> Response:
        return Response(RuleShown(selectors.find_rule(self.account, rule_id)).data)

    @extend_schema(request=RuleAsked, responses=NewRuleShown)
    def put(self, request: Request, account: str, rule_id: UUID) -> Response:
        made = services.change_rule(self.account, rule_id, **checked(RuleAsked, request), now=clock.database_now())
        return Response(_with_secrets(RuleShown(made.rule), made.secrets))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str, rule_id: UUID) -> Response:
        services.delete_rule(self.account, selectors.find_rule(self.account, rule_id).name)
        return Response(status=204)


class NotificationTopics(AccountView):
    """The topics of an account by name; and new ones. An approval names a topic to have its targets told."""

    needs = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(parameters=[PageAsked], responses=page_of(TopicShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = selectors.list_topics(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: TopicShown(row).data))

    @extend_schema(request=TopicAsked, responses={201: NewTopicShown})
    def post(self, request: Request, account: str) -> Response:
        made = services.create_topic(self.account, **checked(TopicAsked, request), now=clock.database_now())
        return Response(_with_secrets(TopicShown(made.topic), made.secrets), 201)


class NotificationTopicDetail(AccountView):
    """One topic. `PUT` gives it other targets; once it is deleted, approvals that name it fail when they start."""

    needs = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=TopicShown)
    def get(self, request: Request, account: str, name: str) -> Response:
        return Response(TopicShown(selectors.find_topic(self.account, name)).data)

    @extend_schema(request=TargetsAsked, responses=NewTopicShown)
    def put(self, request: Request, account: str, name: str) -> Response:
        made = services.change_topic(self.account, name, **checked(TargetsAsked, request), now=clock.database_now())
        return Response(_with_secrets(TopicShown(made.topic), made.secrets))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str, name: str) -> Response:
        services.delete_topic(self.account, name)
        return Response(status=204)


def _with_secrets(shown: serializers.Serializer, secrets: Any) -> dict[str, Any]:
    return {**shown.data, "secrets": dict(secrets)}
