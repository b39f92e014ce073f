"""What became of messages, and sending again what was given up; and the targets they go to. For admins."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.notifications import selectors, services
from apps.notifications.models import Delivery
from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import checked_query
from apps.restapi.schema import page_of
from apps.restapi.views.notification_rules import TargetShown
from apps.tenancy.roles import Role


class TargetOfAccountShown(TargetShown):
    created_at = serializers.DateTimeField()


class NewSecretShown(TargetOfAccountShown):
    secret = serializers.CharField(help_text="Shown this once.")


class DeliveryShown(serializers.Serializer):
    id = serializers.UUIDField(source="message_id", help_text="The message's `webhook-id`.")
    target = TargetShown()
    pipeline = serializers.CharField()
    sequence = serializers.IntegerField(help_text="The number of the event in the account's log.")
    origin = serializers.CharField(help_text="The ARN of the rule or topic that asked for it.")
    state = serializers.ChoiceField(Delivery.STATES)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while others of its pipeline come before it, and when it is over."
    )
    last_error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class WholeDeliveryShown(DeliveryShown):
    body = serializers.JSONField(help_text="The message.")


class DeliveriesAsked(PageAsked):
    state = serializers.ChoiceField(Delivery.STATES, default=None, help_text="Dead: what was given up.")


class Deliveries(AccountView):
    """The messages of an account to its targets, newest first. Those that arrived are kept for a week."""

    needs = {"GET": Role.ADMIN}

    @extend_schema(parameters=[DeliveriesAsked], responses=page_of(DeliveryShown))
    def get(self, request: Request, account: str) -> Response:
        asked = checked_query(DeliveriesAsked, request)
        found = selectors.list_deliveries(self.account, state=asked["state"], size=asked["size"], token=asked["after"])
        return Response(page_answer(found, lambda row: DeliveryShown(row).data))


class DeliveryDetail(AccountView):
    """One message with its body."""

    needs = {"GET": Role.ADMIN}

    @extend_schema(responses=WholeDeliveryShown)
    def get(self, request: Request, account: str, delivery_id: UUID) -> Response:
        return Response(WholeDeliveryShown(selectors.find_delivery(self.account, delivery_id)).data)


class DeliveryResend(AccountView):
    """Sends a dead message again, before those that wait behind it. Its attempts count anew."""

    needs = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses={202: DeliveryShown})
    def post(self, request: Request, account: str, delivery_id: UUID) -> Response:
        found = selectors.find_delivery(self.account, delivery_id)
        return Response(
            DeliveryShown(services.resend_delivery(self.account, found.pk, now=clock.database_now())).data, 202
        )


class NotificationTargets(AccountView):
    """The webhooks and mailboxes that rules and topics of an account have named, oldest first."""

    needs = {"GET": Role.ADMIN}

    @extend_schema(parameters=[PageAsked], responses=page_of(TargetOfAccountShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = selectors.list_targets(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: TargetOfAccountShown(row).data))


class NotificationTargetSecret(AccountView):
    """Draws a new secret for a webhook. What is sent from then on is signed with it."""

    needs = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses={201: NewSecretShown})
    def post(self, request: Request, account: str, target_id: UUID) -> Response:
        target, secret = services.renew_secret(self.account, target_id)
        return Response({**TargetOfAccountShown(target).data, "secret": secret}, 201)
