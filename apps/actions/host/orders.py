"""What a step is told and how it ends, as plain data that crosses the border of a process."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from headrace_sdk import Failed, Revision, Running, Succeeded

Step: TypeAlias = Literal["start", "poll", "abandon", "latest_revision"]
StepResult: TypeAlias = Succeeded | Failed | Running | Revision | None


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input artifact on this machine's disk. Empty `sha256` is not checked."""

    name: str
    path: str
    sha256: str = ""
    size: int = -1  # bytes; -1 is not checked
    revision: str = ""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """Where an output artifact is to be written, and the patterns the action declared for it."""

    name: str
    path: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOrder:
    """One step of one attempt of an action.

    Shapes: `action_type` as ActionTypeId writes it. `pipeline` has the fields of PipelineContext. `running` is what the
    last Running came to (`codec.running_to_json`). `secrets` are the texts that no message may hold. `host` goes to the
    provider as it is. The rest is optional:
    `egress` {allowed: [...], refused_hosts: [...]}, as `headrace_sdk.egress.Egress` has them;
    `git` {local_root, ssh_key_file, credentials: {url, username, password}};
    `connection` {arn, provider_type, url}; `source_event` as Request has it;
    `aws` {region, access_key_id, secret_access_key, endpoint_url}, for providers that use AWS only;
    `sandbox` {tier: "B", options: {...}} as the worker chose it, or {allow_uncapped, allow_unisolated} to choose now;
    beside those, what a command gets there: {read_only: [[outside, inside]], limits: {...}, secrets: {name: text}}.
    Units: `clock_zero` is when this machine's counter stood at 0, in seconds since 1970 (`clock.database_zero`).
    """

    action_type: str
    step: Step
    token: str
    account_id: str
    workspace: str
    pipeline: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    output_variable_names: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    outputs: tuple[OutputFile, ...] = ()
    revision_overrides: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    host: Mapping[str, str] = field(default_factory=dict)
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    git: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, str] = field(default_factory=dict)
    source_event: Mapping[str, str] = field(default_factory=dict)
    egress: Mapping[str, Any] = field(default_factory=dict)
    aws: Mapping[str, str] = field(default_factory=dict)
    clock_zero: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the order as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "StepOrder":
        """Return the order that `to_json` wrote."""
        inputs = tuple(InputFile(**each) for each in data["inputs"])
        outputs = tuple(OutputFile(each["name"], each["path"], tuple(each["files"])) for each in data["outputs"])
        lists = {name: tuple(data[name]) for name in ("commands", "output_variable_names", "secrets")}
        return cls(**{**data, **lists, "inputs": inputs, "outputs": outputs})


@dataclass(frozen=True, slots=True)
class Finished:
    """The step came to its end. `written` names the output artifacts that are there."""

    result: StepResult
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crashed:
    """The child died or answered nonsense. Whether the step took effect is not known."""

    message: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The step was killed at its deadline."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The step was ended because nobody waits for it any more."""


StepOutcome: TypeAlias = Finished | Crashed | TimedOut | Cancelled
