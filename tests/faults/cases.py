"""Wrong requests for every operation, made from the service model: for each member, each thing that can be wrong.

The right request that a case spoils names things that do not exist, so that even a fault which the service overlooks
changes nothing. A member inside a list or a map is a member too: `pipeline.stages.1.name`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.model import Shape

from tests.faults.values import MODEL, least, most, unmatched, valid

Path = tuple[str | int, ...]
REFUSED_TYPE = frozenset({"SerializationException"})
REFUSED_VALUE = frozenset({"ValidationException"})
# Read by the operation itself: conformance statement CP-034 wants its own exception.
REFUSED_PATTERNS = {"ResourceArn": frozenset({"InvalidArnException"})}
ANY_OTHER: dict[str, tuple[Any, ...]] = {
    "string": (7, True, ["a"], {"a": "b"}),
    "integer": ("1", 1.5, True, [1], 2**31, -(2**31) - 1),
    "boolean": ("true", 1, [True], {"a": True}),
    "timestamp": ("yesterday", True, [1], {"a": 1}),
    "structure": ("a", 7, ["a"]),
    "list": ("a", 7, {"a": "b"}),
    "map": ("a", 7, ["a"]),
}


@dataclass(frozen=True)
class Case:
    """One wrong request. `codes`: what it may be answered; none: whatever the request in `like` is answered."""

    operation: str
    member: str
    fault: str
    request: dict[str, Any] = field(repr=False)
    codes: frozenset[str] = frozenset()
    like: dict[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.operation} {self.member or 'the request'} {self.fault}"


def harmless(operation: str) -> dict[str, Any]:
    """Return a request that keeps every constraint of the model and changes nothing."""
    request: dict[str, Any] = valid(MODEL.operation_model(operation).input_shape)
    if operation == "CreateCustomActionType":
        request["inputArtifactDetails"] = {"minimumCount": 1, "maximumCount": 0}
    if operation == "ListTagsForResource":
        del request["nextToken"]  # a token, which can only be garbage here, is looked at before the resource
    return request


def cases_of(operation: str) -> Iterator[Case]:
    request = harmless(operation)
    shape = MODEL.operation_model(operation).input_shape
    yield Case(operation, "", "with an unknown member", {**request, "unknownExtra": {"a": [1]}}, like=request)
    yield from _members(operation, request, shape, ())


def _members(operation: str, request: dict[str, Any], shape: Shape, path: Path) -> Iterator[Case]:
    for name, member in shape.members.items():
        at = (*path, name)
        yield from _absent(operation, request, at, is_required=name in shape.required_members)
        yield from _wrong(operation, request, member, at)


def _absent(operation: str, request: dict[str, Any], at: Path, *, is_required: bool) -> Iterator[Case]:
    without = changed(request, at, DROP)
    codes = REFUSED_VALUE if is_required else frozenset()
    yield Case(operation, text(at), "missing", without, codes, like=without)
    yield Case(operation, text(at), "null", changed(request, at, None), codes, like=without)


def _wrong(operation: str, request: dict[str, Any], shape: Shape, at: Path) -> Iterator[Case]:
    """Give the faults of a value that is there, and of what is inside it."""
    for value in ANY_OTHER[shape.type_name]:
        fault = f"as {type(value).__name__} {value!r}"
        yield Case(operation, text(at), fault, changed(request, at, value), REFUSED_TYPE)
    for fault, value, codes in _faults(shape):
        yield Case(operation, text(at), fault, changed(request, at, value), codes)
    if shape.type_name == "structure":
        extra = {**read(request, at), "unknownExtra": [None]}
        yield Case(operation, text(at), "with an unknown member", changed(request, at, extra), like=request)
        yield from _members(operation, request, shape, at)
    elif shape.type_name == "list":
        inside = (*at, 0)
        yield Case(operation, text(inside), "null", changed(request, inside, None), REFUSED_VALUE)
        yield from _wrong(operation, request, shape.member, inside)
    elif shape.type_name == "map":
        yield from _entries(operation, request, shape, at)


def _entries(operation: str, request: dict[str, Any], shape: Shape, at: Path) -> Iterator[Case]:
    key, value = valid(shape.key), valid(shape.value)
    for fault, wrong, codes in _faults(shape.key):
        yield Case(operation, f"{text(at)} key", fault, changed(request, at, {wrong: value}), codes)
    without = changed(request, at, {})
    if not least(shape):
        yield Case(operation, f"{text(at)} value", "null", changed(request, at, {key: None}), like=without)
    yield from _wrong(operation, request, shape.value, (*at, key))


def _faults(shape: Shape) -> Iterator[tuple[str, Any, frozenset[str]]]:
    kind = shape.type_name
    if kind == "string":
        yield from _text_faults(shape)
    elif kind == "integer":
        if "min" in shape.metadata:
            yield "too small", least(shape) - 1, REFUSED_VALUE
        if most(shape) is not None:
            yield "too large", most(shape) + 1, REFUSED_VALUE
    elif kind in ("list", "map"):
        yield from _size_faults(shape)


def _text_faults(shape: Shape) -> Iterator[tuple[str, str, frozenset[str]]]:
    if least(shape):
        yield "too short", "a" * (least(shape) - 1), REFUSED_VALUE
    if most(shape) is not None:
        yield "too long", "a" * (most(shape) + 1), REFUSED_VALUE
    for number, wrong in enumerate(unmatched(shape), 1):
        yield f"of bad pattern {number}", wrong, REFUSED_PATTERNS.get(shape.name, REFUSED_VALUE)
    for wrong in ("NoSuchValue", *(value.swapcase() for value in shape.metadata.get("enum", ()))):
        if "enum" in shape.metadata:
            yield f"of bad enum {wrong}", wrong, REFUSED_VALUE


def _size_faults(shape: Shape) -> Iterator[tuple[str, Any, frozenset[str]]]:
    of_list = shape.type_name == "list"
    if least(shape):
        yield "too short", [] if of_list else {}, REFUSED_VALUE
    if most(shape) is not None:
        count = most(shape) + 1
        many = [valid(shape.member)] * count if of_list else {f"k{i}": valid(shape.value) for i in range(count)}
        yield "too long", many, REFUSED_VALUE


DROP: Any = object()


def changed(tree: Any, path: Path, value: Any) -> Any:
    """Return `tree` with another value at `path`, or without it for DROP; what lies beside the path is shared."""
    step, *rest = path
    copy = tree.copy()
    if rest:
        copy[step] = changed(copy[step], tuple(rest), value)
    elif value is DROP:
        copy.pop(step, None)
    else:
        copy[step] = value
    return copy


def read(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def text(path: Path) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
