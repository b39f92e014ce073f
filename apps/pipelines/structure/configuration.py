"""Rules about an action's configuration: which keys, and what their values may be."""

import re

from headrace_sdk import Property

from .definition import Action, Definition
from .errors import DefinitionInvalid, InvalidActionDeclaration
from .secrets import MASK
from .variables import REFERENCE, references

MOST_BYTES = 102_400  # of one action's configuration with its variables in place; reference section 11
QUERYABLE_VALUE = re.compile(r"[a-zA-Z0-9_-]{1,20}")
MANUAL_APPROVAL = ("Approval", "AWS", "Manual")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def required_keys_are_present(definition: Definition) -> None:
    """Rule 10."""
    for action, spec in definition.typed_actions():
        for item in spec.properties:
            if item.required and item.name not in action.configuration:
                raise InvalidActionDeclaration(
                    f"Action configuration for action '{action.name}' is missing required configuration '{item.name}'"
                )


def keys_are_known(definition: Definition) -> None:
    """Rule 11."""
    for action, spec in definition.typed_actions():
        known = {item.name for item in spec.properties}
        unknown = [key for key in action.configuration if key not in known]
        if unknown and not spec.allows_any_configuration:
            raise InvalidActionDeclaration(
                f"Action configuration for action '{action.name}' contains unknown configuration '{unknown[0]}'"
            )


def queryable_values_are_short(definition: Definition) -> None:
    """Rule 43."""
    for action, spec in definition.typed_actions():
        for item in spec.properties:
            value = action.configuration.get(item.name)
            if item.queryable and value is not None and not QUERYABLE_VALUE.fullmatch(value):
                raise InvalidActionDeclaration(
                    f"Action configuration for action '{action.name}' has the value '{value}' for '{item.name}', "
                    "by which job workers ask for their jobs. Use 1 to 20 letters, digits, hyphens and underscores."
                )


def values_suit_properties(definition: Definition) -> None:
    """What the provider says of its properties: choices, numbers, patterns. Source: headrace_sdk.Property."""
    for action, spec in definition.typed_actions():
        for item in spec.properties:
            value = action.configuration.get(item.name)
            if value is None or references(value) or (item.secret and value == MASK):
                continue  # it is known only when the action starts, or was checked before
            fault = fault_in_value(item, value)
            if fault:
                shown = "" if item.secret else f" '{value}'"
                raise InvalidActionDeclaration(
                    f"Action configuration for action '{action.name}' has the value{shown} for '{item.name}', {fault}"
                )


def fault_in_value(item: Property, value: str) -> str:
    """Return what is wrong with a value, as the end of a sentence, or nothing."""
    if item.choices and value not in item.choices:
        return f"which must be one of {', '.join(item.choices)}."
    if item.type == "boolean" and value.lower() not in ("true", "false"):
        return "which must be true or false."
    if item.pattern is not None and not re.fullmatch(item.pattern, value):
        return f"which must match {item.pattern}"
    if item.type == "number":
        return fault_in_number(item, value)
    if item.minimum is not None and len(value) < item.minimum:
        return f"which must be at least {item.minimum} characters long."
    if item.maximum is not None and len(value) > item.maximum:
        return f"which must be at most {item.maximum} characters long."
    return ""


def fault_in_number(item: Property, value: str) -> str:
    if not NUMBER.fullmatch(value):
        return "which must be a number."
    if item.minimum is not None and float(value) < item.minimum:
        return f"which must be at least {item.minimum}."
    if item.maximum is not None and float(value) > item.maximum:
        return f"which must be at most {item.maximum}."
    return ""


def notification_arns_are_topics(definition: Definition) -> None:
    """Rule 24. Whether the topic exists, and whether it may be told, is found out when the approval starts."""
    for action in definition.actions:
        type_id, arn = action.type_id, action.configuration.get("NotificationArn")
        if arn is None or references(arn):
            continue
        if (type_id.category, type_id.owner, type_id.provider) == MANUAL_APPROVAL:
            check_topic(action, arn, definition.region)


def check_topic(action: Action, arn: str, region: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not all(parts):
        raise InvalidActionDeclaration(
            f"The ARN {arn} you specified for sending notifications for the approval action {action.name} "
            "contains a format error."
        )
    specified = f"The ARN {arn} has been specified for sending notifications for the approval action {action.name}"
    if parts[2] != "sns":
        raise InvalidActionDeclaration(
            f"{specified}, but the AWS service for this ARN cannot be used to send approval requests."
        )
    if parts[3] != region:
        raise InvalidActionDeclaration(f"{specified}, but the ARN is not in the same region as the pipeline.")


def primary_source_is_an_input(definition: Definition) -> None:
    """Rule 45."""
    for action in definition.actions:
        inputs = [artifact["name"] for artifact in action.declared["inputArtifacts"]]
        if (action.type_id.owner, action.type_id.provider) != ("AWS", "CodeBuild") or len(inputs) < 2:
            continue
        if action.configuration.get("PrimarySource") not in inputs:
            raise InvalidActionDeclaration(
                f"Action '{action.name}' has {len(inputs)} input artifacts, so its configuration needs PrimarySource "
                f"with the name of one: {', '.join(inputs)}."
            )


def configurations_are_not_too_large(definition: Definition) -> None:
    """Rule 46, the part that does not wait for the values of variables."""
    for action in definition.actions:
        texts = [text for key, value in action.configuration.items() for text in (key, REFERENCE.sub("", value))]
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        if size > MOST_BYTES:
            raise DefinitionInvalid(
                f"The configuration of action '{action.name}' has {size} bytes. The most is {MOST_BYTES}."
            )
