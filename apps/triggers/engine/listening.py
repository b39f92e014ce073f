"""What a definition listens to through connections. Pure. Source: reference sections 6.2 and 6.4."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .git_filters import Listening

CONNECTION = ("Source", "AWS", "CodeStarSourceConnection")


@dataclass(frozen=True)
class Listener:
    """One source action that listens. Shapes: `connection` is the ARN that the action names."""

    action: str
    connection: str
    repository: str
    listening: Listening


def listeners_of(declaration: Mapping[str, Any]) -> Iterator[Listener]:
    """Yield what each connection's source action listens to, also if that is nothing.

    A trigger anywhere in the pipeline turns off what no trigger is needed for.
    """
    triggers = [each["gitConfiguration"] for each in declaration.get("triggers") or ()]
    by_action = {each["sourceActionName"]: each for each in triggers}
    for action in declaration["stages"][0]["actions"]:
        type_id, given = action["actionTypeId"], action.get("configuration", {})
        if (type_id["category"], type_id["owner"], type_id["provider"]) != CONNECTION:
            continue
        detects = not triggers and given.get("DetectChanges", "true").lower() != "false"
        listening = Listening(given.get("BranchName", ""), detects, by_action.get(action["name"]))
        yield Listener(action["name"], given.get("ConnectionArn", ""), given.get("FullRepositoryId", ""), listening)
