"""Accounts, as their members see them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.restapi.guard import AccountView, role_by, token_of, user_of
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.schema import page_of
from apps.tenancy.models import Account
from apps.tenancy.roles import ROLE_CHOICES, Role
from apps.tenancy.selectors import list_members, list_memberships


class AccountShown(serializers.Serializer):
    number = serializers.CharField(help_text="Its 12-digit id.")
    name = serializers.CharField()
    artifact_bucket = serializers.CharField()
    created_at = serializers.DateTimeField()
    role = serializers.ChoiceField(ROLE_CHOICES, help_text="What you may do in it.")


class MemberShown(serializers.Serializer):
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name")
    role = serializers.ChoiceField(ROLE_CHOICES)


class Accounts(APIView):
    """The accounts that you are a member of, by number. A token that is bound to one account shows that one alone."""

    @extend_schema(parameters=[PageAsked], responses=page_of(AccountShown))
    def get(self, request: Request) -> Response:
        size, after = page_asked(request)
        token = token_of(request)
        within = token.account if token else None
        found = list_memberships(user_of(request), within=within, size=size, token=after)
        return Response(page_answer(found, lambda row: account_shown(row.account, role_by(row, token))))


class AccountDetail(AccountView):
    """One account."""

    @extend_schema(responses=AccountShown)
    def get(self, request: Request, account: str) -> Response:
        return Response(account_shown(self.account, self.role))


class Members(AccountView):
    """The members of an account and their roles, by user name."""

    @extend_schema(parameters=[PageAsked], responses=page_of(MemberShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = list_members(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: MemberShown(row).data))


def account_shown(account: Account, role: Role) -> dict[str, Any]:
    facts = {name: getattr(account, name) for name in ("number", "name", "artifact_bucket", "created_at")}
    return AccountShown({**facts, "role": role}).data
