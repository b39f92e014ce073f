"""The AWS connection of an account: for its admins."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.actions.selectors import find_aws_connection
from apps.actions.services import delete_aws_connection, set_aws_connection
from apps.core import clock
from apps.restapi.guard import AccountView
from apps.restapi.parsing import StrictSerializer, checked
from apps.tenancy.roles import Role


class ConnectionShown(serializers.Serializer):
    region = serializers.CharField()
    access_key_id = serializers.CharField()
    endpoint_url = serializers.CharField(allow_blank=True, help_text="Empty: AWS's own endpoints.")
    updated_at = serializers.DateTimeField()


class ConnectionAsked(StrictSerializer):
    region = serializers.CharField(max_length=30, help_text="For rules that name no region of their own.")
    access_key_id = serializers.CharField(max_length=128)
    secret_access_key = serializers.CharField(max_length=512, write_only=True, help_text="Never shown again.")
    endpoint_url = serializers.CharField(
        max_length=255, required=False, default="", allow_blank=True, help_text="For every service, if it is given."
    )


class AwsConnectionDetail(AccountView):
    """The credentials that rules and actions call AWS with. `PUT` makes or replaces them; no answer has the secret."""

    needs = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=ConnectionShown)
    def get(self, request: Request, account: str) -> Response:
        return Response(ConnectionShown(find_aws_connection(self.account)).data)

    @extend_schema(request=ConnectionAsked, responses=ConnectionShown)
    def put(self, request: Request, account: str) -> Response:
        asked = checked(ConnectionAsked, request)
        return Response(ConnectionShown(set_aws_connection(self.account, **asked, now=clock.database_now())).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str) -> Response:
        delete_aws_connection(self.account)
        return Response(status=204)
