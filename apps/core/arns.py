"""Amazon resource names, as CodePipeline writes them. Source: CodePipeline user guide, resource types."""

import re
from dataclasses import dataclass

from django.conf import settings

from apps.core.errors import HeadraceError

ARN = re.compile(r"arn:(aws(?:-[a-z]+)*):codepipeline:([a-z0-9-]+):([0-9]{12}):(.+)", re.ASCII)


class InvalidArn(HeadraceError):
    """A text is no Amazon resource name of this service, or names a kind of resource that is not meant."""


@dataclass(frozen=True)
class ResourceName:
    """A resource name, taken apart. Shapes: `account_number` is 12 digits; `resource` is what follows it."""

    region: str
    account_number: str
    resource: str


def parse_arn(text: str) -> ResourceName:
    """Raises InvalidArn."""
    match = ARN.fullmatch(text)
    if match is None:
        raise InvalidArn(f"'{text}' is no ARN of CodePipeline. Take one from GetPipeline or ListWebhooks.")
    _, region, account_number, resource = match.groups()
    return ResourceName(region, account_number, resource)


def pipeline_arn(account_number: str, pipeline: str) -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:{pipeline}"


def stage_arn(account_number: str, pipeline: str, stage: str) -> str:
    return f"{pipeline_arn(account_number, pipeline)}/{stage}"


def action_arn(account_number: str, pipeline: str, stage: str, action: str) -> str:
    return f"{stage_arn(account_number, pipeline, stage)}/{action}"


def action_type_arn(account_number: str, category: str, provider: str, version: str, *, owner: str = "Custom") -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:actiontype:{owner}/{category}/{provider}/{version}"


def webhook_arn(account_number: str, name: str) -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:webhook:{name}"


def rule_arn(account_number: str, name: str) -> str:
    """Return how EventBridge names a rule: what starts a pipeline by the clock is called so in its trigger."""
    return f"arn:aws:events:{settings.REGION}:{account_number}:rule/{name}"


def user_arn(account_number: str, username: str) -> str:
    return f"arn:aws:iam::{account_number}:user/{username}"
