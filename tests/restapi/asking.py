"""Requests of the REST API in tests: who asks, and what a failure must look like."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from rest_framework.test import APIClient

from apps.tenancy.models import Account, User
from apps.tenancy.roles import Role
from apps.tenancy.services import create_api_token
from tests.factories import make_member

API = "/api/v1"


def token_for(user: User, *, role: Role = Role.ADMIN, account: Account | None = None, days: float = 1) -> str:
    return create_api_token(user=user, name="tests", role=role, account=account, lifetime=timedelta(days=days))[1]


def bearer(token: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def asking(account: Account, role: Role = Role.ADMIN) -> APIClient:
    """Return a client of a new member."""
    return bearer(token_for(make_member(account, role)))


def in_session(user: User, **options: Any) -> APIClient:
    client = APIClient(raise_request_exception=False, **options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """Return the problem document of a refused request."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert (found["type"], found["title"], found["status"]) == ("about:blank", HTTPStatus(status).phrase, status)
    assert found["detail"]
    return found


def pointers(answer: Any, status: int = 400) -> list[str]:
    return sorted(each["pointer"] for each in problem_of(answer, status)["errors"])
