"""The access keys of an account: for its admins."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy import services
from apps.tenancy.roles import ROLE_CHOICES, Role
from apps.tenancy.selectors import find_access_key, list_access_keys


class KeyShown(serializers.Serializer):
    access_key_id = serializers.CharField(source="key_id")
    principal = serializers.CharField(help_text="The user name that events and history show.")
    role = serializers.ChoiceField(ROLE_CHOICES, allow_blank=True)
    policy = serializers.JSONField(help_text="An IAM-style policy document, or null.")
    action_types = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewKeyShown(KeyShown):
    secret_access_key = serializers.CharField(help_text="Shown this once.")


class GrantAsked(StrictSerializer):
    """What a key may do: exactly one of the three members."""

    role = serializers.ChoiceField(ROLE_CHOICES, required=False)
    policy = serializers.JSONField(required=False)
    action_types = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=50, help_text="Build/Custom/Jenkins/1"
    )


class KeyAsked(GrantAsked):
    principal = serializers.CharField(max_length=64)


class AccessKeys(AccountView):
    """The access keys of an account by id, revoked ones too; and new ones."""

    needs = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(parameters=[PageAsked], responses=page_of(KeyShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = list_access_keys(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: KeyShown(row).data))

    @extend_schema(request=KeyAsked, responses={201: NewKeyShown})
    def post(self, request: Request, account: str) -> Response:
        asked = _given(KeyAsked, request)
        key, secret = services.create_access_key(account=self.account, **asked)
        return Response({**KeyShown(key).data, "secret_access_key": secret}, 201)


class AccessKeyDetail(AccountView):
    """One access key. `PUT` says anew what it may do; `DELETE` revokes it for good."""

    needs = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=KeyShown)
    def get(self, request: Request, account: str, key_id: str) -> Response:
        return Response(KeyShown(find_access_key(self.account, key_id)).data)

    @extend_schema(request=GrantAsked, responses=KeyShown)
    def put(self, request: Request, account: str, key_id: str) -> Response:
        asked = _given(GrantAsked, request)
        return Response(KeyShown(services.change_access_key(account=self.account, key_id=key_id, **asked)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str, key_id: str) -> Response:
        services.revoke_access_key(account=self.account, key_id=find_access_key(self.account, key_id).key_id)
        return Response(status=204)


def _given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """Return what the body says, without members that are null. Raises ValidationError."""
    return {name: value for name, value in checked(kind, request).items() if value is not None}
