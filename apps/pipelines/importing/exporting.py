"""A pipeline as a CloudFormation template."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .members import NOT_TRANSLATED
from .template import PIPELINE


def as_template(
    declaration: Mapping[str, Any], tags: Sequence[Mapping[str, str]], disabled_transitions: Sequence[tuple[str, str]]
) -> str:
    """Return a template in YAML that makes this pipeline. CloudFormation counts versions by itself."""
    named = {key: value for key, value in declaration.items() if key not in ("version", "artifactStores")}
    properties = capitalised(named)
    if "artifactStores" in declaration:
        properties["ArtifactStores"] = [
            {"Region": region, "ArtifactStore": capitalised(store)}
            for region, store in declaration["artifactStores"].items()
        ]
    if disabled_transitions:
        properties["DisableInboundStageTransitions"] = [
            {"StageName": stage, "Reason": reason} for stage, reason in disabled_transitions
        ]
    if tags:
        properties["Tags"] = [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Pipeline": {"Type": PIPELINE, "Properties": properties}},
    }
    return yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=120)


def capitalised(value: Any, member: str = "") -> Any:
    """Return a value with its members named as CloudFormation does, deeply."""
    if isinstance(value, Mapping):
        if member in NOT_TRANSLATED:
            return dict(value)
        return {key[:1].upper() + key[1:]: capitalised(item, key) for key, item in value.items()}
    return [capitalised(item, member) for item in value] if isinstance(value, list) else value
