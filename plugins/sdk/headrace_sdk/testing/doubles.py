"""Stand-ins for what a provider is given."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from headrace_sdk import archive
from headrace_sdk.host import HostRefused, ObjectVersion
from headrace_sdk.request import CommitInfo, Ended, GitError, PeerUnavailable, SandboxUnavailable


class FixedClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime = datetime(2030, 1, 31, 9, tzinfo=UTC)) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._at += timedelta(seconds=seconds)


class MemoryLog:
    """A log that remembers."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str | bytes) -> None:
        self.text += text if isinstance(text, str) else text.decode("utf-8", "replace")


class ScriptedPeer:
    """Gives the answers it was given, in order, and the last one for ever; an exception is raised.

    Without answers it refuses every connection. `requests` holds (method, url, options) of what was asked.
    """

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self._answers = list(answers) or [PeerUnavailable("The peer cannot be reached.")]

    def get(self, url: str, **options: Any) -> httpx2.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx2.Response:
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        self.requests.append((method, url, options))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedGit:
    """A repository with one commit."""

    def __init__(self, commit: CommitInfo, files: Path) -> None:
        self._commit = commit
        self._files = files

    def ls_remote(self, url: str, branch: str) -> str:
        return self._commit.sha

    def fetch_archive(self, url: str, branch_or_commit: str, destination_zip: Path) -> CommitInfo:
        archive.pack(self._files, destination_zip)
        return self._commit

    def describe(self, url: str, branch_or_commit: str) -> CommitInfo:
        return self._commit


class BrokenGit:
    """A repository that cannot be read, for the reason it was given."""

    def __init__(self, error: GitError | None = None) -> None:
        self._error = error or GitError("SystemUnavailable", "The repository cannot be reached.")

    def ls_remote(self, url: str, branch: str) -> str:
        raise self._error

    def fetch_archive(self, url: str, branch_or_commit: str, destination_zip: Path) -> CommitInfo:
        raise self._error

    def describe(self, url: str, branch_or_commit: str) -> CommitInfo:
        raise self._error


class NoSandbox:
    """A machine without isolation."""

    def run(
        self,
        argv: Sequence[str],
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        on_output: Callable[[bytes], None],
        timeout_seconds: float,
    ) -> Ended:
        raise SandboxUnavailable("No isolation is available here.")

    def collect(self, root: Path, patterns: Sequence[str], destination_zip: Path) -> None:
        archive.pack(root, destination_zip, patterns)


class LocalSandbox(NoSandbox):
    """Runs commands as they are, without any isolation: for tests whose commands are their own."""

    def run(
        self,
        argv: Sequence[str],
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        on_output: Callable[[bytes], None],
        timeout_seconds: float,
    ) -> Ended:
        process = subprocess.run(
            argv,
            cwd=work_dir,
            env={"PATH": os.defpath, "HOME": str(work_dir), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_seconds,
        )
        on_output(process.stdout)
        return Ended(process.returncode)


class MemoryObjects:
    """An account's objects. `folder` is a place for the files of those that are fetched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions: list[tuple[ObjectVersion, bytes]] = []

    def put(self, bucket: str, key: str, content: bytes, **metadata: str) -> ObjectVersion:
        """Store the next version of an object: "version-1" is the first that was put, of whatever object."""
        number = len(self._versions) + 1
        created = datetime(2030, 1, 31, 9, number, tzinfo=UTC)
        version = ObjectVersion(bucket, key, f"version-{number}", f"etag-{number}", len(content), created, metadata)
        self._versions.append((version, content))
        return version

    def look(self, bucket: str, key: str, version_id: str = "") -> ObjectVersion:
        return self._find(bucket, key, version_id)[0]

    def fetch(self, bucket: str, key: str, version_id: str = "") -> tuple[ObjectVersion, Path]:
        version, content = self._find(bucket, key, version_id)
        path = self._folder / f"fetched-{version.version_id}"
        path.write_bytes(content)
        return version, path

    def _find(self, bucket: str, key: str, version_id: str) -> tuple[ObjectVersion, bytes]:
        named = [each for each in self._versions if (each[0].bucket, each[0].key) == (bucket, key)]
        if not named:
            raise HostRefused("ConfigurationError", f"There is no object '{key}' in bucket '{bucket}'.")
        chosen = [each for each in named if version_id in ("", each[0].version_id)]
        if not chosen:
            raise HostRefused("RevisionUnavailable", f"The object '{key}' has no version '{version_id}'.")
        return chosen[-1]


class MemoryPipelines:
    """An account's pipelines, by name. `started` holds what was started; one attempt starts one execution."""

    def __init__(self, *names: str) -> None:
        self.started: list[tuple[str, list[Mapping[str, str]], list[Mapping[str, str]]]] = []
        self._names = names

    def start(
        self, name: str, *, variables: Sequence[Mapping[str, str]], source_revisions: Sequence[Mapping[str, str]]
    ) -> str:
        if name not in self._names:
            raise HostRefused("ConfigurationError", f"There is no pipeline '{name}'.")
        if not self.started:
            self.started.append((name, list(variables), list(source_revisions)))
        return f"execution-of-{name}"
