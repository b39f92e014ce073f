"""TagResource, UntagResource, ListTagsForResource: on pipelines, custom action types and webhooks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings

from apps.actions.errors import ActionTypeNotFound
from apps.actions.selectors import find_custom_row
from apps.actions.services import change_action_type_tags
from apps.awsapi.caller import Caller
from apps.awsapi.errors import AwsError
from apps.awsapi.registry import operation
from apps.core.arns import InvalidArn, parse_arn
from apps.core.pages import InvalidNextToken
from apps.core.tags import Change, as_pairs, with_tags, without_tags
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.selectors import find_pipeline
from apps.pipelines.services import change_pipeline_tags
from apps.triggers.errors import WebhookNotFound
from apps.triggers.selectors import find_webhook
from apps.triggers.services import change_webhook_tags

NAME = r"([A-Za-z0-9.@\-_]{1,100})"


@dataclass(frozen=True)
class Kind:
    """A kind of resource that has tags. `read` and `change` take the account and the groups of `pattern`."""

    word: str
    pattern: re.Pattern[str]
    read: Callable[..., Mapping[str, str]]
    change: Callable[..., None]
    missing: type[Exception]


KINDS = (
    Kind(
        "pipeline",
        re.compile(NAME, re.ASCII),
        lambda account, name: find_pipeline(account, name).tags,
        change_pipeline_tags,
        PipelineNotFound,
    ),
    Kind(
        "custom action type",
        re.compile(r"actiontype:Custom/(\w{1,20})/([\w-]{1,35})/([\w-]{1,9})", re.ASCII),
        lambda account, *type_id: find_custom_row(account, *type_id).tags,
        change_action_type_tags,
        ActionTypeNotFound,
    ),
    Kind(
        "webhook",
        re.compile(rf"webhook:{NAME}", re.ASCII),
        lambda account, name: find_webhook(account, name).tags,
        change_webhook_tags,
        WebhookNotFound,
    ),
)


@operation("TagResource")
def tag_resource(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["resourceArn"]
    _change(caller, arn, partial(with_tags, pairs=request["tags"], arn=arn))
    return {}


@operation("UntagResource")
def untag_resource(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    _change(caller, request["resourceArn"], partial(without_tags, keys=request["tagKeys"]))
    return {}


@operation("ListTagsForResource")
def list_tags_for_resource(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    """Everything comes in one page, so that no token was ever issued."""
    if "nextToken" in request:
        raise InvalidNextToken("The nextToken is not valid. The tags of a resource come in one page.")
    kind, names = _kind_of(caller, request["resourceArn"])
    try:
        return {"tags": as_pairs(kind.read(caller.account, *names))}
    except kind.missing:
        raise _not_found(caller.account_number, kind, names) from None


def _change(caller: Caller, arn: str, change: Change) -> None:
    kind, names = _kind_of(caller, arn)
    try:
        kind.change(caller.account, *names, change)
    except kind.missing:
        raise _not_found(caller.account_number, kind, names) from None


def _kind_of(caller: Caller, arn: str) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of resource an ARN names, and its names.

    One of another account or region is not here. Raises InvalidArn, and AwsError ResourceNotFoundException.
    """
    name = parse_arn(arn)
    for kind in KINDS:
        if match := kind.pattern.fullmatch(name.resource):
            if (name.account_number, name.region) != (caller.account_number, settings.REGION):
                raise _not_found(name.account_number, kind, match.groups())
            return kind, match.groups()
    raise InvalidArn(f"'{arn}' names nothing that has tags. Pipelines, custom action types and webhooks have them.")


def _not_found(account_number: str, kind: Kind, names: tuple[str, ...]) -> AwsError:
    text = f"The account with id '{account_number}' does not include a {kind.word} with the name '{'/'.join(names)}'"
    return AwsError("ResourceNotFoundException", text)
