"""Working out CloudFormation's functions without AWS. Source: its template reference, intrinsic functions."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from .members import text
from .names import named

NO_VALUE: Final = object()
GAP: Final = "\N{REPLACEMENT CHARACTER}"  # stands where something is missing, so that nothing more is said of it
IN_SUB = re.compile(r"\$\{(!?)([^}]+)\}")
DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
WAY_OUT = "Give it with --set {name}=VALUE."


class Resolver:
    """Works out values, and remembers what it could not and which names it made up.

    Shapes: `given` maps the name of a parameter, of a resource (`Logical` or `Logical.Attribute`) or of an export to
    its value; `pseudo` holds the pseudo parameters that are known.
    """

    def __init__(
        self, template: Mapping[str, Any], given: Mapping[str, str], pseudo: Mapping[str, str], stack: str
    ) -> None:
        self.parameters = template.get("Parameters") or {}
        self.mappings = template.get("Mappings") or {}
        self.conditions = template.get("Conditions") or {}
        self.resources = template.get("Resources") or {}
        self.given, self.pseudo, self.stack = given, pseudo, stack
        self.missing: dict[str, None] = {}
        self.assumed: dict[str, None] = {}
        self._working_on: list[str] = []

    def lack(self, sentence: str, name: str = "") -> str:
        """Note that something cannot be worked out, and return what stands in its place meanwhile."""
        self.missing[f"{sentence} {WAY_OUT.format(name=name)}" if name else sentence] = None
        return GAP

    def resolve(self, value: Any) -> Any:
        """Return a value with every function in it worked out; NO_VALUE for what is to be left out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name in FUNCTIONS:
                    return self._call(name, argument)
                if str(name).startswith("Fn::"):
                    return self.lack(f"The function {name} cannot be worked out without AWS.")
            items = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if isinstance(value, str):
            for found in DYNAMIC.findall(value):
                self.lack(f"The dynamic reference {found} is looked up by AWS. Write the value in its place.")
        return value

    def _call(self, name: str, argument: Any) -> Any:
        least, most = ARGUMENTS.get(name, (0, 0))
        if most and not (isinstance(argument, list) and least <= len(argument) <= most):
            return self.lack(f"The function {name} has arguments of the wrong form.")
        return FUNCTIONS[name](self, argument)

    def text(self, value: Any) -> str:
        return str(text(self.resolve(value)))

    def ref(self, name: Any) -> Any:
        name = str(name)
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.given:
            return self._given(name)
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self._parameter(name)
        return self._resource(name, "")

    def _given(self, name: str) -> Any:
        declared = self.parameters.get(name) or {}
        return self.given[name].split(",") if _is_list(declared) else self.given[name]

    def _parameter(self, name: str) -> Any:
        declared = self.parameters[name] or {}
        if "AWS::SSM::Parameter::Value" in str(declared.get("Type")):
            return self.lack(f"The parameter {name} is looked up in the Parameter Store.", name)
        if "Default" not in declared:
            return self.lack(f"The parameter {name} has no default.", name)
        default = declared["Default"]
        return str(default).split(",") if _is_list(declared) else text(default)

    def get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else [str(self.resolve(part)) for part in argument]
        logical_id, attribute = parts[0], ".".join(parts[1:])
        if f"{logical_id}.{attribute}" in self.given:
            return self.given[f"{logical_id}.{attribute}"]
        return self._resource(logical_id, attribute)

    def _resource(self, logical_id: str, attribute: str) -> str:
        name = f"{logical_id}.{attribute}" if attribute else logical_id
        resource = self.resources.get(logical_id)
        if name.startswith("AWS::"):
            return self.lack(f"{name} is known when AWS makes the stack.", name)
        if not isinstance(resource, Mapping):
            return self.lack(f"{name} is neither a parameter nor a resource of the template.", name)
        if logical_id in self._working_on:
            return self.lack(f"The resource {logical_id} is named after itself.", name)
        self._working_on.append(logical_id)
        found = named(resource, logical_id, attribute, stack=self.stack, pseudo=self.pseudo, resolve=self.resolve)
        self._working_on.pop()
        if found is None:
            return self._lack_resource(name, str(resource.get("Type")))
        if found.assumed:
            self.assumed[
                f"{logical_id} ({resource['Type']}) has no name in the template: '{found.assumed}' is taken."
            ] = None
        return found.value

    def _lack_resource(self, name: str, kind: str) -> str:
        if kind == "AWS::KMS::Key":
            return self.lack(
                f"{name} is an encryption key of AWS's. Leave it out with --without-encryption-keys, or give it with "
                f"--set {name}=VALUE."
            )
        return self.lack(f"What {name} is, a resource of the type {kind}, only AWS knows.", name)

    def sub(self, argument: Any) -> str:
        pattern, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})

        def put(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return self.text(own[name])
            is_name = name in self.given or name in self.parameters or name in self.pseudo or "." not in name
            value = self.ref(name) if is_name else self.get_att(name)
            return ",".join(value) if isinstance(value, list) else str(text(value))

        return IN_SUB.sub(put, str(self.resolve(pattern)))

    def join(self, argument: Any) -> str:
        separator, parts = argument[0], self.resolve(argument[1])
        return str(separator).join(str(text(part)) for part in parts) if isinstance(parts, list) else str(parts)

    def select(self, argument: Any) -> Any:
        index, parts = self.text(argument[0]), self.resolve(argument[1])
        if GAP in str(parts) + index:
            return GAP
        if isinstance(parts, list) and index.isdigit() and int(index) < len(parts):
            return parts[int(index)]
        return self.lack(f"Fn::Select has no item {index}.")

    def split(self, argument: Any) -> list[str]:
        return self.text(argument[1]).split(str(argument[0]))

    def find_in_map(self, argument: Any) -> Any:
        found: Any = self.mappings
        keys = [self.text(each) for each in argument[:3]]
        if any(GAP in key for key in keys):
            return GAP
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                return self.lack(f"Fn::FindInMap finds no {'.'.join(keys)} in the template's mappings.")
            found = found[key]
        return found

    def import_value(self, argument: Any) -> str:
        name = self.text(argument)
        return self.given[name] if name in self.given else self.lack(f"{name} is exported by another stack.", name)

    def choose(self, argument: Any) -> Any:
        name, then, otherwise = argument
        return self.resolve(then if self.holds(str(name)) else otherwise)

    def holds(self, name: str) -> bool:
        """Tell whether a condition of the template holds."""
        if name not in self.conditions:
            self.lack(f"The template has no condition {name}.")
            return False
        if name in self._working_on:
            self.lack(f"The condition {name} depends on itself.")
            return False
        self._working_on.append(name)
        held = self.resolve(self.conditions[name]) is True
        self._working_on.pop()
        return held


def _is_list(declared: Mapping[str, Any]) -> bool:
    kind = str(declared.get("Type"))
    return kind == "CommaDelimitedList" or kind.startswith("List<")


ARGUMENTS = {  # the least and the greatest number, of those that take a list
    "Fn::Join": (2, 2),
    "Fn::Select": (2, 2),
    "Fn::Split": (2, 2),
    "Fn::FindInMap": (3, 4),
    "Fn::If": (3, 3),
    "Fn::Equals": (2, 2),
    "Fn::And": (2, 10),
    "Fn::Or": (2, 10),
    "Fn::Not": (1, 1),
}
FUNCTIONS: dict[str, Callable[[Resolver, Any], Any]] = {
    "Ref": Resolver.ref,
    "Fn::GetAtt": Resolver.get_att,
    "Fn::Sub": Resolver.sub,
    "Fn::Join": Resolver.join,
    "Fn::Select": Resolver.select,
    "Fn::Split": Resolver.split,
    "Fn::FindInMap": Resolver.find_in_map,
    "Fn::ImportValue": Resolver.import_value,
    "Fn::If": Resolver.choose,
    "Fn::Base64": lambda self, argument: base64.b64encode(self.text(argument).encode()).decode(),
    "Fn::ToJsonString": lambda self, argument: json.dumps(self.resolve(argument), separators=(",", ":")),
    "Fn::Equals": lambda self, argument: self.text(argument[0]) == self.text(argument[1]),
    "Fn::Not": lambda self, argument: self.resolve(argument[0]) is not True,
    "Fn::And": lambda self, argument: all([self.resolve(each) is True for each in argument]),
    "Fn::Or": lambda self, argument: any([self.resolve(each) is True for each in argument]),
    "Condition": lambda self, argument: self.holds(str(argument)) if isinstance(argument, str) else argument,
}
