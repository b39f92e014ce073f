"""Rules about git triggers. Source: reference sections 3 and 6.4."""

import json
from collections.abc import Iterator

from .definition import Declared, Definition
from .errors import DefinitionInvalid, InvalidStructure

CONNECTION = "CodeStarSourceConnection"
MOST_BYTES = 200 * 1024
EVENTS = ("push", "pullRequest")


def triggers_suit_type(definition: Definition) -> None:
    """Rule 34."""
    if definition.is_v1 and triggers(definition):
        raise InvalidStructure("Triggers on tag can only be used with V2 pipelines")


def triggers_are_not_too_large(definition: Definition) -> None:
    """Rule 46."""
    size = len(json.dumps(triggers(definition), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise DefinitionInvalid(f"The triggers have {size} bytes as JSON. The most is {MOST_BYTES}.")


def triggers_name_connection_sources(definition: Definition) -> None:
    """Rule 40."""
    connections = {
        action.name
        for action in definition.actions
        if action.is_source and (action.type_id.owner, action.type_id.provider) == ("AWS", CONNECTION)
    }
    if any(source(trigger) not in connections for trigger in triggers(definition)):
        raise InvalidStructure("Triggers for connections must reference a CodeStarSourceConnection action.")


def source_actions_have_one_trigger(definition: Definition) -> None:
    """Rule 41, first part."""
    seen: set[str] = set()
    for trigger in triggers(definition):
        if source(trigger) in seen:
            raise InvalidStructure(
                f"The source action '{source(trigger)}' has two triggers. Put their filters into one trigger."
            )
        seen.add(source(trigger))


def filters_go_together(definition: Definition) -> None:
    """Rule 41: tags stand alone, and file paths stand beside branches."""
    for trigger, event, item in filters(definition):
        where = f"A {event} filter of the trigger for source action '{source(trigger)}'"
        if "tags" in item and ("branches" in item or "filePaths" in item):
            raise InvalidStructure(
                f"{where} has tags beside branches or filePaths. Put the tags into a filter of their own."
            )
        if "filePaths" in item and "branches" not in item:
            raise InvalidStructure(f"{where} has filePaths without branches. Add the branches it is meant for.")


def filters_are_not_repeated(definition: Definition) -> None:
    """Rule 42."""
    seen: set[tuple[str, str, str]] = set()
    for trigger, event, item in filters(definition):
        named = (source(trigger), event, canonical(item))
        if named in seen:
            raise InvalidStructure(
                f"The trigger for source action '{source(trigger)}' has the same {event} filter twice. Remove one."
            )
        seen.add(named)


def triggers_are_offered(definition: Definition) -> None:
    """What this installation cannot do is refused, not passed over."""
    if triggers(definition) and "triggers" not in definition.features:
        raise InvalidStructure("The pipeline has triggers, but triggers are not available here. Remove them.")


def triggers(definition: Definition) -> list[Declared]:
    return definition.declared.get("triggers") or []


def filters(definition: Definition) -> Iterator[tuple[Declared, str, Declared]]:
    """Yield each filter with its trigger and its kind of event."""
    for trigger in triggers(definition):
        for event in EVENTS:
            for item in trigger["gitConfiguration"].get(event, []):
                yield trigger, event, item


def source(trigger: Declared) -> str:
    return str(trigger["gitConfiguration"]["sourceActionName"])


def canonical(item: Declared) -> str:
    """Return a text that two filters share when they say the same."""
    said = {
        kind: sorted(said) if isinstance(said, list) else {side: sorted(patterns) for side, patterns in said.items()}
        for kind, said in item.items()
    }
    return json.dumps(said, sort_keys=True)
