"""Stand-ins for what a provider is given."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from headrace_sdk import archive
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


class BrokenGit:
    """A repository that cannot be read, for the reason it was given."""

    def __init__(self, error: GitError | None = None) -> None:
        self._error = error or GitError("SystemUnavailable", "The repository cannot be reached.")

    def ls_remote(self, url: str, branch: str) -> str:
        raise self._error

    def fetch_archive(self, url: str, branch_or_commit: str, destination_zip: Path) -> CommitInfo:
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
