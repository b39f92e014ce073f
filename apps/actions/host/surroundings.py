"""Builds what the SDK promises a provider from a plain order: artifacts, log, http, git, sandbox."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from headrace_sdk import ArchiveRefused, Connection, PipelineContext, Request, archive
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.git_remote import Credentials
from headrace_sdk.http import GuardedHttp
from headrace_sdk.request import Log

from .asking import AskedObjects, AskedPipelines, Line
from .aws import aws_of
from .orders import InputFile, OutputFile, StepOrder
from .sandbox_bridge import SandboxBridge

COUNTER = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # as the worker counts
SHORTEST_SECRET = 6  # shorter texts would blot out innocent words


class ProgressLog(Log, Protocol):
    """A log that can tell of progress too."""

    def progress(self, summary: str, percent_complete: int | None = None) -> None: ...


class CountedClock:
    """Implements `headrace_sdk.request.Clock`: by the database's clock, or by this host's where that decides.

    Units: `zero` as `StepOrder.clock_zero`.
    """

    def __init__(self, zero: float | None) -> None:
        self._zero = zero

    def now(self) -> datetime:
        if self._zero is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(self._zero + time.clock_gettime(COUNTER), UTC)


class FileInput:
    """Implements `headrace_sdk.InputArtifact`; the digest is checked before the first use."""

    def __init__(self, file: InputFile) -> None:
        self.name = file.name
        self.revision = file.revision
        self._file = file
        self._checked = False

    @property
    def path(self) -> Path:
        path = Path(self._file.path)
        if not self._checked:
            self._check(path)
            self._checked = True
        return path

    def extract_to(self, directory: Path) -> None:
        try:
            archive.extract(self.path, directory)
        except ArchiveRefused as refusal:
            raise ArchiveRefused(f"Artifact '{self.name}' is refused. {refusal}") from None

    def _check(self, path: Path) -> None:
        if not path.is_file():
            raise ArchiveRefused(f"Artifact '{self.name}' is missing.")
        if self._file.size >= 0 and path.stat().st_size != self._file.size:
            raise ArchiveRefused(f"Artifact '{self.name}' does not have the size it was stored with.")
        if not self._file.sha256:
            return
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self._file.sha256.lower():
            raise ArchiveRefused(f"Artifact '{self.name}' does not have the digest it was stored with.")


class FileOutput:
    """Implements `headrace_sdk.OutputArtifact`: a file appears at its place whole or not at all."""

    def __init__(self, file: OutputFile) -> None:
        self.name = file.name
        self.files = file.files
        self._path = Path(file.path)

    def write_directory(self, directory: Path, patterns: Sequence[str] | None = None) -> None:
        with self._whole_or_not() as part:
            archive.pack(directory, part, patterns if patterns is not None else self.files or None)

    def write_file(self, path: Path) -> None:
        with self._whole_or_not() as part:
            shutil.copyfile(path, part)

    def is_written(self) -> bool:
        """Say whether the artifact is there."""
        return self._path.is_file()

    @contextmanager
    def _whole_or_not(self) -> Iterator[Path]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            yield part
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)  # of a disk that is full, each byte counts


class Outputs:
    """The output artifacts of one step."""

    def __init__(self, files: Sequence[OutputFile]) -> None:
        self.by_name = {file.name: FileOutput(file) for file in files}

    def written(self) -> list[str]:
        """Return the names of those that are there."""
        return [name for name, output in self.by_name.items() if output.is_written()]


def build_request(
    order: StepOrder, outputs: Outputs, log: ProgressLog, cancelled: Callable[[], bool], line: Line
) -> Request:
    """Return what the step may use."""
    workspace = Path(order.workspace)
    workspace.mkdir(parents=True, exist_ok=True)
    egress = Egress(
        allowed=tuple(order.egress.get("allowed", ())),
        refused_hosts=frozenset(order.egress.get("refused_hosts", ())),
    )
    return Request(
        idempotency_token=order.token,
        account_id=order.account_id,
        pipeline=PipelineContext(**{**dict.fromkeys(PipelineContext.__slots__, ""), **order.pipeline}),
        workspace=workspace,
        log=log,
        progress=log.progress,
        aws=aws_of(order.aws, lambda seconds: GuardedHttp(egress, time_limit_seconds=seconds)),
        http=GuardedHttp(egress),
        git=_git(order, egress, workspace / ".git-scratch"),
        sandbox=SandboxBridge(order, cancelled),
        clock=CountedClock(order.clock_zero),
        configuration=order.configuration,
        commands=order.commands,
        environment=order.environment,
        output_variable_names=order.output_variable_names,
        inputs={file.name: FileInput(file) for file in order.inputs},
        outputs=dict(outputs.by_name),
        revision_overrides=order.revision_overrides,
        objects=AskedObjects(line),
        pipelines=AskedPipelines(line),
        connection=Connection(**order.connection) if order.connection else None,
        source_event=order.source_event,
        host=order.host,
    )


def _git(order: StepOrder, egress: Egress, scratch: Path) -> GitCommand:
    local_root, credentials = order.git.get("local_root", ""), order.git.get("credentials")
    return GitCommand(
        egress,
        scratch,
        local_root=Path(local_root) if local_root else None,
        ssh_key_file=order.git.get("ssh_key_file", ""),
        credentials=Credentials(**credentials) if credentials else None,
    )


def masked(text: str, secrets: Sequence[str]) -> str:
    """Return `text` with every secret in it blotted out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text
