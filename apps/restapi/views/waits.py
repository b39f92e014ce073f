"""Why the executions of a pipeline are not moving."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.executions.waits import EndedBy, Reason, Wait, list_waits, sentence
from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.schema import page_of


class LinkShown(serializers.Serializer):
    reason = serializers.ChoiceField([reason.value for reason in Reason])
    sentence = serializers.CharField(help_text="With what it waits for in turn, and without times.")
    execution_id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Which start of the pipeline it was.")
    stage = serializers.CharField()
    action = serializers.CharField(allow_blank=True, help_text="The action or rule.")
    subject = serializers.CharField(allow_blank=True, help_text="Its type.")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="When it ends by itself, or is looked at again.")
    ended_by = serializers.ChoiceField([who.value for who in EndedBy])
    by = serializers.CharField(allow_blank=True, help_text="Who disabled the transition.")
    note = serializers.CharField(allow_blank=True, help_text="What that person, the rule or the action said.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="When a job worker asked for the type last.")


class WaitShown(LinkShown):
    is_moving = serializers.BooleanField(help_text="It is being worked on.")
    chain = LinkShown(many=True, help_text="This link and those behind it; the last one is the one to fix.")


class Waits(AccountView):
    """What each execution of a pipeline that is in flight waits for, oldest start first."""

    @extend_schema(parameters=[PageAsked], responses=page_of(WaitShown))
    def get(self, request: Request, account: str, pipeline: str) -> Response:
        size, after = page_asked(request)
        found = list_waits(self.account, pipeline, now=clock.database_now(), size=size, token=after)
        return Response(page_answer(found, lambda wait: WaitShown(shown(wait)).data))


def shown(wait: Wait) -> dict[str, Any]:
    return {**link(wait), "is_moving": wait.is_moving, "chain": [link(each) for each in wait.chain]}


def link(wait: Wait) -> dict[str, Any]:
    return {
        "reason": wait.reason.value,
        "sentence": sentence(wait),
        "execution_id": wait.execution,
        "asked_at": wait.asked.at if wait.asked else None,
        **{
            name: getattr(wait, name)
            for name in ("number", "stage", "action", "subject", "since", "until", "by", "note")
        },
        "ended_by": wait.ended_by.value,
    }
