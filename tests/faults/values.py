"""Values that the service model allows, made from its shapes alone, and texts that it does not allow."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

MODEL = ServiceModel(Loader().load_service_model("codepipeline", "service-2"), "codepipeline")
LONGEST = {"ActionConfigurationValue": 50_000}  # the model says 1,000, the live service takes this many
MOMENT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXTS = (
    "absent",
    "1",
    "00000000-0000-4000-8000-000000000000",
    "111122223333",
    "arn:aws:iam::111122223333:role/absent",
    "arn:aws:codepipeline:us-east-1:111122223333:absent",
    "arn:aws:lambda:us-east-1:111122223333:function:absent",
    "AWS",
)
UNMATCHED = ("absent\n", "a~b", "ä", "a\nb", "../absent")


def valid(shape: Shape) -> Any:
    """Return a value with every member given, lists and maps as short as they may be but not empty."""
    kind = shape.type_name
    if kind == "structure":
        return {name: valid(member) for name, member in shape.members.items()}
    if kind == "list":
        return [valid(shape.member)] * max(1, least(shape))
    if kind == "map":
        return {valid(shape.key): valid(shape.value)}
    if kind == "string":
        return next(text for text in (*shape.metadata.get("enum", ()), *TEXTS) if fits(shape, text))
    return {"integer": max(1, least(shape)), "boolean": True, "timestamp": MOMENT}[kind]


def least(shape: Shape) -> int:
    return int(shape.metadata.get("min", 0))


def most(shape: Shape) -> int | None:
    found: int | None = LONGEST.get(shape.name, shape.metadata.get("max"))
    return found


def fits(shape: Shape, text: str) -> bool:
    """Tell whether a text keeps every constraint of its shape."""
    longest, allowed = most(shape), shape.metadata.get("enum")
    if len(text) < least(shape) or (longest is not None and len(text) > longest):
        return False
    return matches(shape, text) and (allowed is None or text in allowed)


def matches(shape: Shape, text: str) -> bool:
    pattern = shape.metadata.get("pattern")
    return pattern is None or re.compile(pattern, re.ASCII).fullmatch(text) is not None


def unmatched(shape: Shape) -> Iterator[str]:
    """Give the texts that only the shape's pattern refuses."""
    longest = most(shape)
    for text in UNMATCHED:
        if not matches(shape, text) and len(text) >= least(shape) and (longest is None or len(text) <= longest):
            yield text
