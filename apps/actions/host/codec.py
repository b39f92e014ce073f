"""Results to JSON and back. What a provider returns is looked at closely: it may be anything.

Limits are those of the CodePipeline API Reference: ExecutionDetails, FailureDetails, and the quota on output variables.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from headrace_sdk import Failed, Revision, Running, Succeeded

from .orders import StepResult

LONGEST_SUMMARY = 2048
LONGEST_MESSAGE = 5000
LONGEST_EXTERNAL_ID = 1500
LONGEST_URL = 2048
LARGEST_VARIABLES = 122_880  # bytes, names and values together
LARGEST_STATE = 64 * 1024  # bytes of JSON
KINDS: dict[str, type] = {"Succeeded": Succeeded, "Failed": Failed, "Running": Running, "Revision": Revision}
TEXT_LIMITS = {"summary": LONGEST_SUMMARY, "message": LONGEST_MESSAGE}


class BadResult(Exception):
    """A provider returned something that is no result. The text is for people."""


def result_to_json(result: object) -> dict[str, Any]:
    """Return `result` as JSON data, long texts cut. Raises BadResult."""
    if result is None:
        return {"kind": "None"}
    kind = type(result).__name__
    if KINDS.get(kind) is not type(result):
        raise BadResult(f"returned {kind}; it must return Succeeded, Failed or Running")
    data: dict[str, Any] = {"kind": kind}
    for name in type(result).__dataclass_fields__:  # type: ignore[attr-defined]
        data[name] = _field(name, getattr(result, name))
    return data


def _field(name: str, value: object) -> Any:
    if name == "output_variables":
        return _variables(value)
    if name == "state":
        return _state(value)
    if name == "revision":
        return None if value is None else result_to_json(_of_type(name, value, Revision))
    if name == "created":
        return None if value is None else _of_type(name, value, datetime).isoformat()
    if name == "percent_complete":
        return None if value is None else max(0, min(100, int(_of_type(name, value, int))))
    if name == "poll_after_seconds":
        return max(0.0, min(86_400.0, float(_of_type(name, value, int | float))))
    text = _of_type(name, value, str)
    if name in TEXT_LIMITS:
        return str(text)[: TEXT_LIMITS[name]]
    longest = LONGEST_URL if name in ("url", "external_url") else LONGEST_EXTERNAL_ID
    if len(text) > longest:
        raise BadResult(f"returned {name} of {len(text)} characters; {longest} are allowed")
    return str(text)


def _of_type(name: str, value: object, kind: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadResult(f"returned {name} as {type(value).__name__}")
    return value


def _variables(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise BadResult("returned output_variables that are not texts by name")
    size = sum(len(text.encode("utf-8", "surrogatepass")) for pair in value.items() for text in pair)
    if size > LARGEST_VARIABLES:
        raise BadResult(f"returned output variables of {size} bytes; {LARGEST_VARIABLES} are allowed")
    return dict(value)


def _state(value: object) -> Any:
    if not isinstance(value, Mapping):
        raise BadResult(f"returned state as {type(value).__name__}")
    try:
        text = json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise BadResult("returned a state that is not JSON") from None
    if len(text) > LARGEST_STATE:
        raise BadResult(f"returned a state of {len(text)} bytes; {LARGEST_STATE} are allowed")
    return json.loads(text)


def result_from_json(data: Mapping[str, Any]) -> StepResult:
    """Return what `result_to_json` wrote. Raises BadResult."""
    fields = dict(data)
    kind = fields.pop("kind", None)
    if kind == "None":
        return None
    try:
        if fields.get("revision"):
            fields["revision"] = result_from_json(fields["revision"])
        if fields.get("created"):
            fields["created"] = datetime.fromisoformat(fields["created"])
        result: StepResult = KINDS[str(kind)](**fields)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadResult("answered with something that is no result") from None
    return result


def running_to_json(running: Running) -> dict[str, Any]:
    """Return a Running as the next order carries it."""
    return asdict(running) | {"state": dict(running.state)}


def running_from_json(data: Mapping[str, Any]) -> Running:
    """Return the Running an order carries; a bare one if it carries none."""
    return Running(**{name: value for name, value in data.items() if name != "kind"})
