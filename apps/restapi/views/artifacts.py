"""The artifacts of an execution: what there is, and the files themselves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apps.artifacts.errors import ObjectNotFound
from apps.artifacts.selectors import find_objects
from apps.artifacts.services import get_object
from apps.artifacts.verified import VerifiedReader
from apps.executions.models import PipelineExecution
from apps.restapi.guard import AccountView
from apps.tenancy.models import Account

PIECE_BYTES = 262_144


class ArtifactShown(serializers.Serializer):
    name = serializers.CharField()
    bucket = serializers.CharField()
    key = serializers.CharField()
    action_execution_id = serializers.UUIDField(help_text="The action execution that made it.")
    revision = serializers.CharField(allow_null=True, help_text="What its source was at, for an artifact of a source.")
    size = serializers.IntegerField(help_text="In bytes.", allow_null=True)
    sha256 = serializers.CharField(allow_null=True, help_text="In hex. Null when the file is not there any more.")
    created_at = serializers.DateTimeField(allow_null=True)


class ArtifactsShown(serializers.Serializer):
    items = ArtifactShown(many=True)


class Artifacts(AccountView):
    """The artifacts that an execution has made so far, by name."""

    @extend_schema(responses=ArtifactsShown)
    def get(self, request: Request, account: str, execution_id: UUID) -> Response:
        made = _made(self.account, execution_id)
        stored = find_objects(self.account, {(item["bucket"], item["key"]) for item in made.values()})
        items = [_shown(name, item, stored.get((item["bucket"], item["key"]))) for name, item in sorted(made.items())]
        return Response({"items": ArtifactShown(items, many=True).data})


class ArtifactFile(AccountView):
    """The file of an artifact. The connection breaks before its end when the bytes are not those that were stored."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, account: str, execution_id: UUID, name: str) -> HttpResponseBase:
        item = _made(self.account, execution_id).get(name)
        if item is None:
            raise NotFound(f"The execution has made no artifact '{name}'.")
        try:
            stored, reader = get_object(self.account, item["bucket"], item["key"])
        except ObjectNotFound:
            raise NotFound(f"The file of the artifact '{name}' is not there any more.") from None
        file_name = item["key"].rpartition("/")[2] or name
        return StreamingHttpResponse(
            _pieces(reader),
            content_type="application/octet-stream",
            headers={
                "Content-Length": str(stored.size),
                "Content-Disposition": content_disposition_header(True, file_name) or "attachment",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "X-Content-SHA256": stored.sha256,
                "Cache-Control": "private, no-store",
            },
        )


def _made(account: Account, execution_id: UUID) -> Mapping[str, Any]:
    """Raises NotFound."""
    rows = PipelineExecution.objects.for_account(account).filter(pk=execution_id)
    made: Mapping[str, Any] | None = rows.values_list("artifacts", flat=True).first()
    if made is None:
        raise NotFound(f"The account has no execution {execution_id}.")
    return made


def _shown(name: str, item: Mapping[str, Any], stored: Any) -> dict[str, Any]:
    return {
        "name": name,
        "bucket": item["bucket"],
        "key": item["key"],
        "action_execution_id": item["made_by"],
        "revision": item.get("revision"),
        "size": stored.size if stored else None,
        "sha256": stored.sha256 if stored else None,
        "created_at": stored.created_at if stored else None,
    }


async def _pieces(reader: VerifiedReader) -> AsyncIterator[bytes]:
    """Raises ArtifactDamaged instead of giving the last piece."""
    try:
        while piece := await asyncio.to_thread(reader.read, PIECE_BYTES):
            yield piece
    finally:
        reader.close()
