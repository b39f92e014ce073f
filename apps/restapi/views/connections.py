"""The connections of an account to git hosts: for its admins."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.connections import services
from apps.connections.hosts import LONGEST_URL
from apps.connections.models import Connection
from apps.connections.selectors import connection_hook_url, find_connection, list_connections
from apps.core import clock
from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy.roles import Role


class ConnectionShown(serializers.Serializer):
    id = serializers.UUIDField(source="uid")
    arn = serializers.CharField(help_text="What ConnectionArn of a source action takes.")
    name = serializers.CharField()
    provider_type = serializers.ChoiceField(Connection.HOSTS)
    url = serializers.CharField(help_text="Where the host is; its repositories are below it.")
    has_credentials = serializers.SerializerMethodField(help_text="Whether it signs in at the host.")
    webhook_url = serializers.SerializerMethodField(help_text="What to enter at the host. A secret of the account.")
    created_at = serializers.DateTimeField()
    last_event_at = serializers.DateTimeField(allow_null=True, help_text="When the host told of something last.")
    error_code = serializers.CharField(allow_blank=True)
    error_message = serializers.CharField(allow_blank=True)

    def get_has_credentials(self, row: Connection) -> bool:
        return bool(row.sealed_password)

    def get_webhook_url(self, row: Connection) -> str:
        return connection_hook_url(row)


class NewConnectionShown(ConnectionShown):
    webhook_secret = serializers.CharField(help_text="What to enter at the host beside the URL. Shown this once.")


class CredentialsAsked(StrictSerializer):
    """What the connection signs in with. Both members empty: the host asks for nothing."""

    username = serializers.CharField(max_length=200, default="", allow_blank=True)
    password = serializers.CharField(
        max_length=1000, default="", allow_blank=True, trim_whitespace=False, help_text="Or a token. Never shown."
    )


class ConnectionAsked(CredentialsAsked):
    name = serializers.CharField(max_length=32)
    provider_type = serializers.ChoiceField(Connection.HOSTS)
    url = serializers.CharField(max_length=LONGEST_URL, default="", allow_blank=True)
    webhook_secret = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="Default: drawn.")


class Connections(AccountView):
    """The connections of an account by name; and new ones."""

    needs = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(parameters=[PageAsked], responses=page_of(ConnectionShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = list_connections(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: ConnectionShown(row).data))

    @extend_schema(request=ConnectionAsked, responses={201: NewConnectionShown})
    def post(self, request: Request, account: str) -> Response:
        asked = checked(ConnectionAsked, request)
        made, secret = services.create_connection(self.account, **asked, now=clock.database_now())
        return Response({**ConnectionShown(made).data, "webhook_secret": secret}, 201)


class ConnectionDetail(AccountView):
    """One connection. `PUT` replaces what it signs in with; `DELETE` deletes it."""

    needs = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=ConnectionShown)
    def get(self, request: Request, account: str, uid: str) -> Response:
        return Response(ConnectionShown(find_connection(self.account, uid)).data)

    @extend_schema(request=CredentialsAsked, responses=ConnectionShown)
    def put(self, request: Request, account: str, uid: str) -> Response:
        asked = checked(CredentialsAsked, request)
        return Response(ConnectionShown(services.change_credentials(self.account, uid, **asked)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str, uid: str) -> Response:
        services.delete_connection(self.account, uid)
        return Response(status=204)


class ConnectionSecret(AccountView):
    """Draws a new webhook secret. Calls that know only the former one are refused from then on."""

    needs = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses={201: NewConnectionShown})
    def post(self, request: Request, account: str, uid: str) -> Response:
        connection, secret = services.renew_webhook_secret(self.account, uid)
        return Response({**ConnectionShown(connection).data, "webhook_secret": secret}, 201)
