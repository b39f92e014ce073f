"""Reading requests: strict JSON within limits, and no member that nobody asked for."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it, and no backslash followed by these letters


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The body exceeds what this service reads."


class StrictJSONParser(JSONParser):
    """JSON in UTF-8 whose objects name each member once, at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes of it."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Raises ParseError, BodyTooLarge."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"The body must not exceed {limit} bytes.")
        try:
            value = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
            _refuse_unstorable(json.dumps(value, ensure_ascii=False))
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from None
        return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object names a member twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _refuse_unstorable(text: str) -> None:
    """Raises ParseError for texts that no database stores."""
    if NUL.search(text):
        raise ParseError("The body holds a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ParseError("The body holds half of a surrogate pair.") from None


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses members it does not list, so that a misspelt one is not silently left out."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name[:60]: "There is no such member." for name in unknown})
        return super().to_internal_value(data)


def checked(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """Return what the body of a request says. Raises ValidationError."""
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def checked_query(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """Return what the query of a request says. Raises ValidationError."""
    asked = kind(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
