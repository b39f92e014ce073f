"""Our REST API: the log of an action, for which the wire API has no word."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.executions.models import ActionExecution
from apps.portal.logs import text_from


class Stretch(serializers.Serializer):
    """Which stretch is asked for. Units: an offset in bytes."""

    start = serializers.IntegerField(min_value=0, max_value=10**15, default=0)


class ActionLog(APIView):
    """A stretch of an action's log: `content`, and the offsets in bytes at which it starts and ends."""

    def get(self, request: Request, action_execution_id: UUID) -> Response:
        asked = Stretch(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = ActionExecution.objects.select_related("account")
        action = rows.filter(pk=action_execution_id, account__memberships__user=request.user.pk).first()
        if action is None:
            raise NotFound("There is no action execution with this id in your accounts.")
        found = text_from(action.account, action.pk, start=asked.validated_data["start"])
        return Response({"content": found.content, "start": found.start, "end": found.end})
