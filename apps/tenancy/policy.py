"""IAM-style policy documents: statements that allow or deny actions on resources. Pure.

Source: IAM user guide, "Grammar of the IAM JSON policy language" and "Policy evaluation logic".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from json import dumps, loads
from typing import Any, Final

from apps.tenancy.errors import PolicyInvalid

VERSIONS: Final = ("2012-10-17", "2008-10-17")
MOST_CHARACTERS: Final = 6144  # as IAM counts: without white space between the members
STATEMENT_MEMBERS: Final = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource")
UNSUPPORTED: Final = {
    "Condition": "Conditions are not supported. Say the same by Action and Resource, or leave the statement out.",
    "Principal": "The policy of an access key speaks of that key. Leave out Principal.",
    "NotPrincipal": "The policy of an access key speaks of that key. Leave out NotPrincipal.",
}
ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
RESOURCE = re.compile(r"\*|arn:[^\s:]+:.+", re.DOTALL)
SID = re.compile(r"[A-Za-z0-9]*")


class Decision(Enum):
    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    NOT_ALLOWED = "allowed by no statement"


@dataclass(frozen=True)
class Choice:
    """What a statement is about: what matches one of the patterns or, `inverted`, everything else."""

    patterns: tuple[re.Pattern[str], ...]
    inverted: bool = False

    def covers(self, names: Iterable[str]) -> bool:
        """Tell whether it is about a thing that goes by any of `names`."""
        return any(pattern.fullmatch(name) for name in names for pattern in self.patterns) is not self.inverted


@dataclass(frozen=True)
class Statement:
    allows: bool
    action: Choice
    resource: Choice


@dataclass(frozen=True)
class Policy:
    """A policy document, read. An explicit deny wins over every allow; what nothing allows is refused."""

    statements: tuple[Statement, ...]

    def decide(self, action: str, resources: tuple[str, ...]) -> Decision:
        """Decide on one call. `resources` are the names of the one thing it is about; any of them counts."""
        asked = (action.lower(),)
        speaking = [each for each in self.statements if each.action.covers(asked) and each.resource.covers(resources)]
        if not all(statement.allows for statement in speaking):
            return Decision.DENIED
        return Decision.ALLOWED if speaking else Decision.NOT_ALLOWED


def load_document(text: str) -> Any:
    """Return the JSON value of a document as people write it. Raises PolicyInvalid, also for a member named twice."""
    try:
        return loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PolicyInvalid(f"The policy document is not valid JSON: {error}") from None


def read_policy(document: Any) -> Policy:
    """Read a policy document, given as the value of its JSON. Raises PolicyInvalid."""
    members = _members(document, "The policy document", ("Version", "Id", "Statement"))
    if members.get("Version", VERSIONS[0]) not in VERSIONS:
        raise PolicyInvalid(f"Version must be one of {', '.join(VERSIONS)}.")
    if not isinstance(members.get("Id", ""), str):
        raise PolicyInvalid("Id must be a text.")
    given = members.get("Statement")
    statements = given if isinstance(given, list) else [given]
    if not statements or given is None:
        raise PolicyInvalid("Statement must hold at least one statement.")
    read = tuple(_statement(each, f"Statement {number}") for number, each in enumerate(statements, 1))
    _check_sids(statements)
    if len(dumps(document, ensure_ascii=False, separators=(",", ":"))) > MOST_CHARACTERS:
        raise PolicyInvalid(f"The policy document exceeds {MOST_CHARACTERS} characters. Shorten it by wildcards.")
    return Policy(read)


def _statement(given: Any, place: str) -> Statement:
    members = _members(given, place, STATEMENT_MEMBERS)
    if members.get("Effect") not in ("Allow", "Deny"):
        raise PolicyInvalid(f"{place}: Effect must be 'Allow' or 'Deny'.")
    sid = members.get("Sid", "")
    if not isinstance(sid, str) or not SID.fullmatch(sid):
        raise PolicyInvalid(f"{place}: Sid must consist of letters and digits.")
    action = _choice(members, "Action", ACTION, "'*' or <service>:<action>, like 'codepipeline:Get*'", place)
    resource = _choice(members, "Resource", RESOURCE, "'*' or an ARN", place)
    lowered = Choice(tuple(glob(text.lower()) for text in action), "NotAction" in members)
    return Statement(
        members["Effect"] == "Allow", lowered, Choice(tuple(map(glob, resource)), "NotResource" in members)
    )


def _choice(members: Mapping[str, Any], name: str, shape: re.Pattern[str], wanted: str, place: str) -> list[str]:
    """Return the patterns of Action or NotAction, of Resource or NotResource."""
    if (name in members) is (f"Not{name}" in members):
        raise PolicyInvalid(f"{place}: it must have either {name} or Not{name}.")
    used = name if name in members else f"Not{name}"
    given = members[used]
    patterns = given if isinstance(given, list) else [given]
    if not patterns:
        raise PolicyInvalid(f"{place}: {used} must not be empty.")
    for pattern in patterns:
        if not isinstance(pattern, str) or not shape.fullmatch(pattern):
            raise PolicyInvalid(f"{place}: each {used} must be {wanted}.")
        if "${" in pattern:
            raise PolicyInvalid(f"{place}: policy variables like '{pattern}' are not supported. Name the thing itself.")
    return patterns


def _members(given: Any, place: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise PolicyInvalid(f"{place} must be a JSON object.")
    for name in given:
        if name in UNSUPPORTED:
            raise PolicyInvalid(f"{place}: {UNSUPPORTED[name]}")
        if name not in known:
            raise PolicyInvalid(f"{place} has an unknown member '{str(name)[:60]}'. Known are {', '.join(known)}.")
    return given


def _check_sids(statements: list[Any]) -> None:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        raise PolicyInvalid("Two statements have the same Sid. Name each differently, or leave it out.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is named twice in one object")
    return members


def glob(pattern: str) -> re.Pattern[str]:
    """Compile `*` (any characters, also none) and `?` (any one), to be matched as a whole.

    Each piece between stars is looked for once, from the left, and then settled: no pattern takes longer than the
    product of the two lengths.
    """
    first, *pieces = (
        "".join("." if character == "?" else re.escape(character) for character in piece)
        for piece in re.split(r"\*+", pattern)
    )
    if not pieces:
        return re.compile(first, re.DOTALL)
    *middle, last = pieces
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}", re.DOTALL)
