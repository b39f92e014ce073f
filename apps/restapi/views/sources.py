"""The sources of a pipeline: when each was looked at, and what keeps new revisions from starting it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.restapi.guard import AccountView
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.schema import page_of
from apps.triggers.models import SourceWatch
from apps.triggers.selectors import list_watches
from apps.triggers.sources import SourceReason, why_source_waits


class SourceShown(serializers.Serializer):
    stage = serializers.CharField()
    action = serializers.CharField()
    action_type = serializers.CharField()
    is_polled = serializers.BooleanField()
    revision_id = serializers.CharField(
        allow_blank=True, help_text="What it was at last; empty when that is not known."
    )
    looked_at = serializers.DateTimeField(allow_null=True)
    next_look_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.ChoiceField(
        ["", *(reason.value for reason in SourceReason)], help_text="Why nothing new starts; empty when all is well."
    )
    sentence = serializers.CharField(allow_blank=True)
    way_out = serializers.CharField(allow_blank=True, help_text="Who can end it, and how.")
    since = serializers.DateTimeField(allow_null=True, help_text="Of an unreachable source its last look.")
    error_code = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True, help_text="What its host, or the plugin, said.")


class Sources(AccountView):
    """The source actions of a pipeline that are watched, by name."""

    @extend_schema(parameters=[PageAsked], responses=page_of(SourceShown))
    def get(self, request: Request, account: str, pipeline: str) -> Response:
        size, after = page_asked(request)
        found = list_watches(self.account, pipeline, size=size, token=after)
        return Response(page_answer(found, lambda watch: SourceShown(shown(watch)).data))


def shown(watch: SourceWatch) -> dict[str, Any]:
    same = ("stage", "action", "action_type", "is_polled", "revision_id", "looked_at", "next_look_at", "error_code")
    wait = why_source_waits(watch)
    return {
        **{name: getattr(watch, name) for name in same},
        "reason": wait.reason.value if wait else "",
        "sentence": wait.sentence if wait else "",
        "way_out": wait.way_out if wait else "",
        "since": wait.since if wait else None,
        "note": wait.note if wait else "",
    }
