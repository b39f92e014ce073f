"""A definition as the rules see it: normalised, with the type of each action looked up."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from apps.actions.types import ActionTypeSpec
from headrace_sdk import ActionTypeId

Catalogue: TypeAlias = Callable[[ActionTypeId], ActionTypeSpec | None]
Declared: TypeAlias = Mapping[str, Any]

FEATURES = frozenset({"conditions", "auto_retry", "auto_rollback", "triggers"})


@dataclass(frozen=True, slots=True)
class Action:
    """An action in its place. `spec` is None when the catalogue does not know its type."""

    declared: Declared
    stage: str
    stage_index: int
    type_id: ActionTypeId
    spec: ActionTypeSpec | None

    @property
    def name(self) -> str:
        return str(self.declared["name"])

    @property
    def is_source(self) -> bool:
        return self.type_id.category == "Source"

    @property
    def configuration(self) -> Mapping[str, str]:
        configuration: Mapping[str, str] = self.declared["configuration"]
        return configuration

    @property
    def position(self) -> tuple[int, int]:
        """Where it stands in the order of running: an action runs after those whose position is smaller."""
        return self.stage_index, self.declared["runOrder"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a rule looks at.

    Shapes: `declared` and `previous` are PipelineDeclaration of the wire API, normalised; `previous` is the current one
    when a pipeline is updated, with its secrets.
    """

    declared: Declared
    actions: tuple[Action, ...]
    region: str
    account_number: str
    rule_types: Container[str]
    features: frozenset[str]
    previous: Declared | None

    @property
    def stages(self) -> list[Declared]:
        stages: list[Declared] = self.declared["stages"]
        return stages

    @property
    def is_v1(self) -> bool:
        return bool(self.declared["pipelineType"] == "V1")

    @property
    def mode(self) -> str:
        return str(self.declared["executionMode"])

    def typed_actions(self) -> Iterator[tuple[Action, ActionTypeSpec]]:
        """Yield the actions whose type is known, which after rule 9 is every one."""
        for action in self.actions:
            if action.spec is not None:
                yield action, action.spec


def placed_actions(declared: Declared, catalogue: Catalogue) -> tuple[Action, ...]:
    """Return every action of a normalised declaration in its place, in the order of declaration."""
    placed = []
    for index, stage in enumerate(declared["stages"]):
        for action in stage["actions"]:
            type_id = type_of(action)
            placed.append(Action(action, stage["name"], index, type_id, catalogue(type_id)))
    return tuple(placed)


def type_of(action: Declared) -> ActionTypeId:
    declared = action["actionTypeId"]
    return ActionTypeId(declared["category"], declared["owner"], declared["provider"], declared["version"])
