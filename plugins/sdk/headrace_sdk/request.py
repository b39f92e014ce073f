"""What a step of an action is given. Protocols here are implemented by the host, and by the test kit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from .aws import Aws, NoAws
from .connection import Connection
from .host import NOT_OFFERED, Objects, Pipelines
from .types import SourceUnavailable


class Log(Protocol):
    """The live log of the action. Secrets are masked and the length is limited behind it."""

    def write(self, text: str | bytes) -> None: ...


class Progress(Protocol):
    """Tells people how far a step is, while it goes on."""

    def __call__(self, summary: str, percent_complete: int | None = None) -> None: ...


def no_progress(summary: str, percent_complete: int | None = None) -> None:
    """Tell nobody."""


class Clock(Protocol):
    """Time, passed in so that tests need not wait."""

    def now(self) -> datetime: ...


class InputArtifact(Protocol):
    """A zip file that an earlier action made. `revision` is the source revision it came from, if any."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def revision(self) -> str: ...
    def extract_to(self, directory: Path) -> None:
        """Unpack below `directory`. Raises ArchiveRefused for an archive that is broken or hostile."""


class OutputArtifact(Protocol):
    """A zip file this action is to make, by one of the two `write` methods."""

    @property
    def name(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    def write_directory(self, directory: Path, patterns: Sequence[str] | None = None) -> None:
        """Pack the files below `directory` that match `patterns`, or all of them. Raises ArchiveRefused."""

    def write_file(self, path: Path) -> None:
        """Take `path`, a zip file, as it is."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command in the sandbox ended. `reason` is "exited" unless a limit or a cancellation ended it."""

    exit_code: int
    reason: str = "exited"
    message: str = ""


class Sandbox(Protocol):
    """Runs the commands of an account, isolated from the host and from everybody else."""

    def run(
        self,
        argv: Sequence[str],
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        on_output: Callable[[bytes], None],
        timeout_seconds: float,
    ) -> Ended:
        """Run one command in `work_dir`, the only folder it may write. Raises SandboxUnavailable."""

    def collect(self, root: Path, patterns: Sequence[str], destination_zip: Path) -> None:
        """Pack what commands left below `root`, trusting none of it. Raises ArchiveRefused."""


class SandboxUnavailable(Exception):
    """No isolation that the operator accepts is available here; the text says what is missing."""


class Response(Protocol):
    """An answer of the guarded client, of which httpx2.Response is one."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def text(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    def json(self) -> Any: ...


class Http(Protocol):
    """The guarded client: judged addresses, no redirects, 10 seconds, 1 MiB. Raises PeerUnavailable."""

    def get(self, url: str, **options: Any) -> Response: ...
    def post(self, url: str, **options: Any) -> Response: ...
    def request(self, method: str, url: str, **options: Any) -> Response: ...


class PeerUnavailable(Exception):
    """A peer could not be reached, answered too slowly or too much; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """One commit. Dates are ISO 8601 text with an offset, as git writes them."""

    sha: str
    message: str = ""
    author: str = ""
    author_date: str = ""
    committer_date: str = ""
    author_email: str = ""


class GitError(SourceUnavailable):
    """git could not do what it was asked; `code` is one of FAILURE_CODES and the text says what to change."""


class Git(Protocol):
    """Reads remote git repositories. Raises GitError, whose `code` and text say what to do."""

    def ls_remote(self, url: str, branch: str) -> str:
        """Return the commit id that `branch` points to."""

    def fetch_archive(self, url: str, branch_or_commit: str, destination_zip: Path) -> CommitInfo:
        """Write the files of one commit as a zip file."""

    def describe(self, url: str, branch_or_commit: str) -> CommitInfo:
        """Return what is known of one commit."""


NO_AWS = NoAws()


@dataclass(frozen=True, slots=True)
class PipelineContext:
    """Where in which pipeline this action stands. `condition` is the kind of condition that asks a rule."""

    pipeline_name: str
    stage_name: str
    action_name: str
    pipeline_execution_id: str
    action_execution_id: str
    condition: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Everything one step may use.

    Shapes: `account_id` has 12 digits. `idempotency_token` is the same each time one attempt is started, so what was
    started under it is not started again. `workspace` is a private folder of this attempt, empty at first. `host` holds
    what the operator provides (such as `deploy_root`). `revision_overrides` maps the revision types of
    StartPipelineExecution to the values that the execution was started with. What `objects` and `pipelines` do, they do
    in the account of the action. `connection` is None where the configuration names none of the
    account's. `source_event` tells what in a repository started the execution, by the names of CodePipeline's events
    ("branch-name", "tag-name", "author-id"); it is empty when something else did.
    """

    idempotency_token: str
    account_id: str
    pipeline: PipelineContext
    workspace: Path
    log: Log
    http: Http
    sandbox: Sandbox
    git: Git
    clock: Clock
    configuration: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    output_variable_names: tuple[str, ...] = ()
    inputs: Mapping[str, InputArtifact] = field(default_factory=dict)
    outputs: Mapping[str, OutputArtifact] = field(default_factory=dict)
    revision_overrides: Mapping[str, str] = field(default_factory=dict)
    objects: Objects = NOT_OFFERED
    pipelines: Pipelines = NOT_OFFERED
    connection: Connection | None = None
    source_event: Mapping[str, str] = field(default_factory=dict)
    host: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = no_progress
    aws: Aws = NO_AWS

    @property
    def revision_override(self) -> str | None:
        """Return the commit or image that the execution was started for, None where it was started for none."""
        return self.revision_overrides.get("COMMIT_ID") or self.revision_overrides.get("IMAGE_DIGEST")
