"""The words of an action: what it is, what it may be given, and how it can end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

FAILURE_CODES = frozenset(
    {
        "JobFailed",
        "ConfigurationError",
        "PermissionError",
        "RevisionOutOfSync",
        "RevisionUnavailable",
        "SystemUnavailable",
    }
)

PROPERTY_TYPES = frozenset(
    {"text", "url", "number", "boolean", "choice", "secret", "duration", "artifact", "json"},
)


class Performer(StrEnum):
    """Who does the work of an action."""

    WORKER = "worker"  # Headrace's own worker runs the provider
    PERSON = "person"  # somebody decides on a page or through the API
    OUTSIDE = "outside"  # a job worker elsewhere polls for it


@dataclass(frozen=True, slots=True)
class ActionTypeId:
    """The name of an action type. Written as "Build/ThirdParty/Jenkins/1"."""

    category: str
    owner: str
    provider: str
    version: str

    def __str__(self) -> str:
        return f"{self.category}/{self.owner}/{self.provider}/{self.version}"

    @classmethod
    def parse(cls, text: str) -> "ActionTypeId":
        """Return the id that `str()` wrote. Raises ValueError."""
        parts = text.split("/")
        if len(parts) != 4 or not all(parts):
            raise ValueError(f"'{text}' is no action type. Write it as Category/Owner/Provider/Version.")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Property:
    """One key of an action's configuration: it draws the form and is checked at every entry door.

    Shapes: `type` is one of PROPERTY_TYPES; on the wire every value is text. `pattern` is a regular expression that the
    whole value must match. `minimum` and `maximum` bound a number, or the length of a text.
    """

    name: str
    type: str = "text"
    required: bool = False
    secret: bool = False
    key: bool = False
    queryable: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()
    default: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None

    def __post_init__(self) -> None:
        if self.type not in PROPERTY_TYPES:
            raise ValueError(f"Property '{self.name}' has the unknown type '{self.type}'.")
        if self.type == "secret":
            object.__setattr__(self, "secret", True)


@dataclass(frozen=True, slots=True)
class Revision:
    """What a source was at one moment: a commit, an object version, an image digest."""

    id: str
    summary: str = ""
    change_id: str = ""
    created: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The action did what it was asked."""

    summary: str = ""
    external_id: str = ""
    external_url: str = ""
    revision: Revision | None = None
    output_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The action did not. `message` is a sentence a person can act on; `code` is one of FAILURE_CODES."""

    message: str
    code: str = "JobFailed"
    external_id: str = ""
    external_url: str = ""

    def __post_init__(self) -> None:
        if self.code not in FAILURE_CODES:
            raise ValueError(f"'{self.code}' is no failure code. Use one of {', '.join(sorted(FAILURE_CODES))}.")


@dataclass(frozen=True, slots=True)
class Running:
    """The action goes on elsewhere; `poll` is called with this after a pause. `state` must survive JSON."""

    external_id: str = ""
    summary: str = ""
    percent_complete: int | None = None
    external_url: str = ""
    state: Mapping[str, JSON] = field(default_factory=dict)
    poll_after_seconds: float = 5


Result: TypeAlias = Succeeded | Failed | Running


class SourceUnavailable(Exception):
    """A source could not be read. `code` is one of FAILURE_CODES; `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
