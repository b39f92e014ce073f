"""How the OpenAPI document of this API is made."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

PROBLEM = {
    "type": "object",
    "description": "A failure. Source: RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "The faulty members of the request.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


class Description(AutoSchema):
    """Groups operations by the things they are about."""

    def get_tags(self) -> list[str]:
        words = [word for word in self.path.split("/")[3:] if word and not word.startswith("{")]
        return [words[-1]]


class BearerToken(OpenApiAuthenticationExtension):
    target_class = "apps.restapi.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer hrt_…"}


def page_of(row: type[serializers.Serializer]) -> serializers.Serializer:
    """Return the shape of one page of a list."""
    name = f"PageOf{row.__name__.removesuffix('Shown')}s"
    return inline_serializer(
        name,
        {
            "items": row(many=True),
            "next": serializers.CharField(allow_null=True, help_text="`after` of the next page; null on the last."),
        },
    )


def with_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to each operation that every failure is a problem document."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"description": "Any failure.", "content": content}
    return result
