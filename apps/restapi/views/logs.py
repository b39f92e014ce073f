"""The logs of actions and of rules."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.executions.models import ActionExecution, RuleExecution
from apps.jobs.log_text import text_from
from apps.restapi.guard import check_rate, visible_memberships
from apps.restapi.parsing import StrictSerializer, checked_query


class Stretch(StrictSerializer):
    """Which stretch is asked for."""

    start = serializers.IntegerField(min_value=0, max_value=10**15, default=0, help_text="An offset in bytes.")


class LogShown(serializers.Serializer):
    content = serializers.CharField()
    start = serializers.IntegerField(help_text="The offset in bytes at which `content` begins.")
    end = serializers.IntegerField(help_text="Where it ends: the `start` of the next stretch.")


class ActionLog(APIView):
    """A stretch of an action's log, 256 KiB at most. What is still being written goes on at `end`."""

    @extend_schema(parameters=[Stretch], responses=LogShown)
    def get(self, request: Request, action_execution_id: UUID) -> Response:
        return _stretch(request, ActionExecution.objects, action_execution_id, "action execution")


class RuleLog(APIView):
    """A stretch of the log of a rule's execution, as that of an action. ListRuleExecutions shows the ids."""

    @extend_schema(parameters=[Stretch], responses=LogShown)
    def get(self, request: Request, rule_execution_id: UUID) -> Response:
        return _stretch(request, RuleExecution.objects, rule_execution_id, "rule execution")


def _stretch(request: Request, rows: Any, attempt_id: UUID, what: str) -> Response:
    """Answer with a stretch of the log of an attempt in one of the caller's accounts. Raises NotFound, Throttled."""
    asked = checked_query(Stretch, request)
    accounts = visible_memberships(request).values("account")
    attempt = rows.select_related("account").only("account").filter(pk=attempt_id, account__in=accounts).first()
    if attempt is None:
        raise NotFound(f"There is no {what} with this id in your accounts.")
    check_rate(attempt.account, "GET")
    found = text_from(attempt.account, attempt.pk, start=asked["start"])
    return Response({"content": found.content, "start": found.start, "end": found.end})
