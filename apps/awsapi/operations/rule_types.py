"""ListRuleTypes."""

from typing import Any

from django.conf import settings

from apps.actions import selectors
from apps.actions.types import ActionTypeSpec
from apps.awsapi.caller import Caller
from apps.awsapi.operations.action_types import action_type
from apps.awsapi.registry import operation

WIRE_TYPES = {"number": "Number", "duration": "Number", "boolean": "Boolean"}  # whatever else is a String


@operation("ListRuleTypes")
def list_rule_types(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    """Rules are AWS's alone, so the owner that may be asked for narrows nothing."""
    if request.get("regionFilter", settings.REGION) != settings.REGION:
        return {"ruleTypes": []}
    return {"ruleTypes": [rule_type(spec) for spec in selectors.list_rule_types()]}


def rule_type(spec: ActionTypeSpec) -> dict[str, Any]:
    """Return a RuleType of the wire API."""
    as_action = action_type(spec)
    properties = [
        {**shown, "type": WIRE_TYPES.get(item.type, "String")}
        for shown, item in zip(as_action["actionConfigurationProperties"], spec.properties, strict=True)
    ]
    return {
        "id": as_action["id"],
        "settings": as_action["settings"],
        "ruleConfigurationProperties": properties,
        "inputArtifactDetails": as_action["inputArtifactDetails"],
    }
