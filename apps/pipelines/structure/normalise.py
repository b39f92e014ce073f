"""Filling in what a declaration leaves out. Source: reference section 2.2."""

import copy
from typing import Any

from .conditions import CONDITION_MEMBERS
from .definition import Catalogue, Declared, placed_actions

DEFAULT_MODE = "SUPERSEDED"


def normalise(declaration: Declared, catalogue: Catalogue, previous: Declared | None) -> dict[str, Any]:
    """Return a copy of the declaration with its defaults filled in. Doing it twice changes nothing more."""
    normal = copy.deepcopy(dict(declaration))
    normal.setdefault("executionMode", DEFAULT_MODE)
    for stage in normal["stages"]:
        for action in stage["actions"]:
            fill_in_action(action)
    normal.setdefault("pipelineType", implied_type(normal, catalogue, previous))
    return normal


def fill_in_action(action: dict[str, Any]) -> None:
    action.setdefault("runOrder", 1)
    action.setdefault("configuration", {})
    action.setdefault("inputArtifacts", [])
    action.setdefault("outputArtifacts", [])


def implied_type(normal: Declared, catalogue: Catalogue, previous: Declared | None) -> str:
    """Return the type of a pipeline whose declaration names none: V2 stays V2, and what needs V2 makes it so."""
    was_v2 = previous is not None and previous.get("pipelineType") == "V2"
    return "V2" if was_v2 or needs_v2(normal, catalogue) else "V1"


def needs_v2(normal: Declared, catalogue: Catalogue) -> bool:
    return (
        bool(normal.get("variables") or normal.get("triggers"))
        or normal["executionMode"] != DEFAULT_MODE
        or any(member in stage for stage in normal["stages"] for member in CONDITION_MEMBERS)
        or any(action.spec is not None and action.spec.v2_only for action in placed_actions(normal, catalogue))
    )
