"""Reading what accounts declared: their custom action types, and those they offer to others. Pure."""

from typing import Any

from apps.actions.models import CustomActionType, ThirdPartyActionType
from apps.actions.types import ActionTypeSpec
from headrace_sdk import ActionTypeId, Property

DAY_SECONDS = 86_400


def custom_spec_of(row: CustomActionType) -> ActionTypeSpec:
    """Read a custom type's declaration. Source: CodePipeline API reference, CreateCustomActionType."""
    definition, settings = row.definition, row.definition.get("settings", {})
    return ActionTypeSpec(
        id=ActionTypeId(row.category, "Custom", row.provider, row.version),
        properties=tuple(_custom_property(item) for item in definition.get("configurationProperties", [])),
        input_artifacts=_bounds(definition["inputArtifactDetails"]),
        output_artifacts=_bounds(definition["outputArtifactDetails"]),
        timeout_seconds=DAY_SECONDS,
        configuration_url=settings.get("thirdPartyConfigurationUrl", ""),
        entity_url=settings.get("entityUrlTemplate", ""),
        execution_url=settings.get("executionUrlTemplate", ""),
        revision_url=settings.get("revisionUrlTemplate", ""),
        performed_by="outside",
    )


def third_party_spec_of(row: ThirdPartyActionType) -> ActionTypeSpec:
    """Read an offered type's declaration. Source: CodePipeline API reference, ActionTypeDeclaration."""
    definition, urls = row.definition, row.definition.get("urls", {})
    return ActionTypeSpec(
        id=ActionTypeId(row.category, "ThirdParty", row.provider, row.version),
        properties=tuple(_third_party_property(item) for item in definition.get("properties", [])),
        input_artifacts=_bounds(definition["inputArtifactDetails"]),
        output_artifacts=_bounds(definition["outputArtifactDetails"]),
        timeout_seconds=definition["executor"].get("jobTimeout", DAY_SECONDS),
        configuration_url=urls.get("configurationUrl", ""),
        entity_url=urls.get("entityUrlTemplate", ""),
        execution_url=urls.get("executionUrlTemplate", ""),
        revision_url=urls.get("revisionUrlTemplate", ""),
        performed_by="outside",
        description=definition.get("description", ""),
    )


def _bounds(details: dict[str, int]) -> tuple[int, int]:
    return details["minimumCount"], details["maximumCount"]


def _custom_property(item: dict[str, Any]) -> Property:
    return Property(
        name=item["name"],
        required=item["required"],
        secret=item["secret"],
        key=item["key"],
        queryable=item.get("queryable", False),
        help=item.get("description", ""),
    )


def _third_party_property(item: dict[str, Any]) -> Property:
    return Property(
        name=item["name"],
        required=not item["optional"],
        secret=item["noEcho"],
        key=item["key"],
        queryable=item.get("queryable", False),
        help=item.get("description", ""),
    )
