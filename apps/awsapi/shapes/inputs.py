"""A request against the model: types first, then every constraint at once. Compiled to nested functions, once."""

from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from apps.awsapi.codecs.limits import SerializationError

from .model import OPERATIONS
from .scalars import (
    Parser,
    boolean_parser,
    integer_parser,
    length_constraints,
    string_constraints,
    string_parser,
    timestamp_parser,
    wrong_type,
)
from .violations import Path, Violation, refuse

MUST_NOT_BE_NULL = "Member must not be null"


def parse_input(operation: str, raw: Any) -> dict[str, Any]:
    """Return the members of `raw` that the operation knows, checked; timestamps as aware datetimes.

    Members that are unknown or null are left out, as the service does.
    Raises: SerializationError (a value of the wrong type), ValidationError (all broken constraints in one message).
    """
    if not isinstance(raw, dict):
        raise SerializationError("The request body must be one object.")
    members, required = _input_members(operation)
    violations: list[Violation] = []
    parsed: dict[str, Any] = _parse_members(members, required, raw, None, violations)
    if violations:
        refuse(violations)
    return parsed


Members = list[tuple[str, Parser]]


@cache
def _input_members(operation: str) -> tuple[Members, frozenset[str]]:
    shape = OPERATIONS[operation].input_shape
    return _members(shape) if shape is not None else ([], frozenset())


def _members(shape: StructureShape) -> tuple[Members, frozenset[str]]:
    return [(name, _parser(member)) for name, member in shape.members.items()], frozenset(shape.required_members)


def _parse_members(
    members: Members, required: frozenset[str], raw: dict[str, Any], path: Path | None, violations: list[Violation]
) -> dict[str, Any]:
    parsed = {}
    for name, parse in members:
        value = raw.get(name)
        if value is not None:
            parsed[name] = parse(value, Path(path, name), violations)
        elif name in required:
            violations.append(Violation(Path(path, name), "null", MUST_NOT_BE_NULL))
    return parsed


_compiled: dict[str, Parser] = {}


def _parser(shape: Shape) -> Parser:
    if shape.name not in _compiled:
        _compiled[shape.name] = _MAKERS[shape.type_name](shape)
    return _compiled[shape.name]


def _structure_parser(shape: StructureShape) -> Parser:
    members, required = _members(shape)

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not dict:
            raise _wrong_container(value, "structure", path)
        return _parse_members(members, required, value, path, violations)

    return parse


def _list_parser(shape: ListShape) -> Parser:
    parse_item = _parser(shape.member)
    check_length = _length_checker(shape)

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not list:
            raise _wrong_container(value, "list", path)
        check_length(value, path, violations)
        items = []
        for number, item in enumerate(value, 1):
            at = Path(path, number)
            if item is None:
                violations.append(Violation(at, "null", MUST_NOT_BE_NULL))
            else:
                items.append(parse_item(item, at, violations))
        return items

    return parse


def _map_parser(shape: MapShape) -> Parser:
    check_length = _length_checker(shape)
    check_key = _map_part_parser(shape.key, "keys")
    parse_value = _map_part_parser(shape.value, "value")
    names_member = shape.value.type_name != "string"

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not dict:
            raise _wrong_container(value, "map", path)
        check_length(value, path, violations)
        members = {}
        for name, item in value.items():
            check_key(name, path, violations)
            if item is not None:
                at = Path(path, name) if names_member else path
                members[name] = parse_value(item, at, violations)
        return members

    return parse


def _map_part_parser(shape: Shape, part: str) -> Parser:
    """Return the parser of a map's keys or values; texts that break a constraint name the map and all constraints."""
    if shape.type_name != "string":
        return _map_member_parser(shape)
    constraints = string_constraints(shape)
    texts = ", ".join(text for _, text in constraints)

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not str:
            raise wrong_type(value, "a String", path)
        if not all(holds(value) for holds, _ in constraints):
            # Not the value: the service doesn't repeat it either, and configurations hold secrets.
            violation = Violation(path, "", f"Map {part} must satisfy constraint: [{texts}]")
            if violation not in violations:
                violations.append(violation)
        return value

    return parse


def _map_member_parser(shape: Shape) -> Parser:
    parse_member = _parser(shape)
    return lambda value, path, violations: parse_member(value, Path(path, "member"), violations)


def _length_checker(shape: Shape) -> Parser:
    least, most = length_constraints(shape)

    def check(value: Any, path: Path, violations: list[Violation]) -> None:
        shown = "" if value else "'[]'"
        if most is not None and len(value) > most:
            text = f"Member must have length less than or equal to {most}"
            violations.append(Violation(path, shown, text))
        if len(value) < least:
            text = f"Member must have length greater than or equal to {least}"
            violations.append(Violation(path, shown, text))

    return check


def _wrong_container(value: Any, wanted: str, path: Path) -> SerializationError:
    if isinstance(value, dict | list):
        found = "list" if isinstance(value, list) else "structure or map"
        return SerializationError(f"Start of {found} found where not expected: '{path}'")
    return wrong_type(value, f"a {wanted}", path)


_MAKERS: dict[str, Any] = {
    "structure": _structure_parser,
    "list": _list_parser,
    "map": _map_parser,
    "string": string_parser,
    "integer": integer_parser,
    "long": integer_parser,
    "boolean": boolean_parser,
    "timestamp": timestamp_parser,
}
