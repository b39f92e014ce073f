"""A person's own API tokens."""

from datetime import timedelta
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.restapi.guard import token_of, user_of, visible_memberships
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy import services
from apps.tenancy.roles import ROLE_CHOICES, Role
from apps.tenancy.selectors import list_api_tokens

LONGEST_DAYS = 366


class TokenShown(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    account = serializers.CharField(source="account.number", default=None, allow_null=True)
    role = serializers.ChoiceField(ROLE_CHOICES)
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)


class NewTokenShown(TokenShown):
    token = serializers.CharField(help_text="Shown this once.")


class TokenAsked(StrictSerializer):
    name = serializers.CharField(max_length=64)
    role = serializers.ChoiceField(ROLE_CHOICES, help_text="The most that the token may do.")
    account = serializers.CharField(
        max_length=12, required=False, help_text="The one account it opens; all of yours when left out."
    )
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=90)


class Tokens(APIView):
    """Your API tokens, and new ones. Only a session of the portal makes tokens, so that none can outlive its end."""

    @extend_schema(parameters=[PageAsked], responses=page_of(TokenShown))
    def get(self, request: Request) -> Response:
        size, after = page_asked(request)
        found = list_api_tokens(user_of(request), size=size, token=after)
        return Response(page_answer(found, lambda row: TokenShown(row).data))

    @extend_schema(request=TokenAsked, responses={201: NewTokenShown})
    def post(self, request: Request) -> Response:
        if token_of(request) is not None:
            raise PermissionDenied("Sign in to the portal to make a token. A token makes no other.")
        given = checked(TokenAsked, request)
        account = None
        if "account" in given:
            membership = visible_memberships(request).filter(account__number=given["account"]).first()
            if membership is None:
                raise ValidationError({"account": f"There is no account {given['account']} among yours."})
            account = membership.account
        made, text = services.create_api_token(
            user=user_of(request),
            name=given["name"],
            role=Role(given["role"]),
            account=account,
            lifetime=timedelta(days=given["days"]),
        )
        return Response({**TokenShown(made).data, "token": text}, 201)


class TokenDetail(APIView):
    """One of your tokens, to be revoked."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        services.revoke_api_token(user=user_of(request), token_id=token_id)
        return Response(status=204)
