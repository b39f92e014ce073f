"""Runs git with nothing of its surroundings: no configuration, no prompts, no hooks, and not for ever.

Source: git(1), "Environment Variables"; git-config(1).
"""

import errno
import os
import resource
import shlex
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .git_remote import Credentials, Remote
from .request import GitError

FIXED_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.symlinks=true",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.proxy=",
    "protocol.version=2",
    "submodule.recurse=false",
)
SSH_OPTIONS = ("BatchMode=yes", "StrictHostKeyChecking=accept-new", "ConnectTimeout=10", "ProxyCommand=none")
# Source: gitcredentials(7). What git asks begins with the word for what it wants.
ASKPASS = """#!/bin/sh
case "$1" in
Username*) printf '%s\\n' "$HEADRACE_GIT_USERNAME" ;;
*) printf '%s\\n' "$HEADRACE_GIT_PASSWORD" ;;
esac
"""
REFUSALS = ("authentication failed", "permission denied", "could not read username", "error: 403")
LONGEST_COMPLAINT = 64 * 1024  # bytes


class GitRunner:
    """Runs git commands for one step. `home` is a private folder; limits are seconds and bytes of any one file."""

    def __init__(self, home: Path, *, size_limit: int, ssh_key_file: str = "") -> None:
        self._home = home
        self._size_limit = size_limit
        self._ssh_key_file = ssh_key_file

    def run(self, arguments: Sequence[str], *, remote: Remote | None = None, timeout_seconds: float) -> bytes:
        """Return what `git arguments` prints. Raises GitError."""
        settings = FIXED_SETTINGS + (remote.settings if remote else ())
        argv = ["git", *(word for setting in settings for word in ("-c", setting)), *arguments]
        complaints = self._home / "stderr"
        with complaints.open("w+b") as stderr:
            process = subprocess.Popen(
                argv,
                cwd=self._home,
                env=self._environment(remote),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self._size_limit, self._size_limit))
            output = _output(process, timeout_seconds)
            stderr.seek(0)
            said = stderr.read(LONGEST_COMPLAINT).decode("utf-8", "replace")
        if process.returncode:
            raise explained(said, process.returncode, self._size_limit)
        return output

    def _environment(self, remote: Remote | None) -> dict[str, str]:
        ssh = ["ssh", "-F", "/dev/null"]
        options = (*SSH_OPTIONS, f"UserKnownHostsFile={self._home / 'known_hosts'}")
        for option in (*options, *(remote.ssh_options if remote else ())):
            ssh += ["-o", option]
        if self._ssh_key_file:
            ssh += ["-o", "IdentitiesOnly=yes", "-i", self._ssh_key_file]
        return {
            **(self._answers(remote.credentials) if remote and remote.credentials else {"GIT_ASKPASS": "/bin/false"}),
            "GIT_ALLOW_PROTOCOL": remote.protocol if remote else "",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_SSH_COMMAND": shlex.join(ssh),
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": str(self._home),
            "LC_ALL": "C",
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "TMPDIR": str(self._home),
        }

    def _answers(self, credentials: Credentials) -> dict[str, str]:
        """Return the variables that make git ask a script of ours, which holds no secret itself."""
        script = self._home / "askpass"
        script.write_text(ASKPASS)
        script.chmod(0o700)
        return {
            "GIT_ASKPASS": str(script),
            "HEADRACE_GIT_USERNAME": credentials.username,
            "HEADRACE_GIT_PASSWORD": credentials.password,
        }


def _output(process: "subprocess.Popen[bytes]", timeout_seconds: float) -> bytes:
    try:
        return process.communicate(timeout=timeout_seconds)[0]
    except subprocess.TimeoutExpired:
        raise GitError(
            "SystemUnavailable", f"The repository did not answer within {timeout_seconds:g} seconds."
        ) from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def explained(said: str, exit_code: int, size_limit: int) -> GitError:
    """Return git's complaint as an error that tells what to do."""
    low = said.lower()
    told = [line.strip() for line in said.splitlines() if line.startswith(("ssh:", "fatal:", "error:"))]
    first = told[0] if told else f"git ended with {exit_code}."
    if "no space left" in low or "disk quota" in low:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "signal 25" in low or "file too large" in low or exit_code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        return GitError("JobFailed", f"The repository is larger than {size_limit} bytes.")
    if "not our ref" in low or "couldn't find remote ref" in low or "unadvertised object" in low:
        return GitError("RevisionUnavailable", "The repository does not have that commit or branch.")
    if any(words in low for words in REFUSALS):
        return GitError("PermissionError", "The repository refused access. Check the URL and who may read it.")
    if any(words in low for words in ("not found", "does not exist", "does not appear to be a git repository")):
        return GitError("ConfigurationError", "There is no git repository at that URL. Check the URL.")
    if "redirect" in low or "error: 30" in low:
        return GitError("ConfigurationError", "The repository has moved: its server redirects. Use the new URL.")
    return GitError("SystemUnavailable", f"The repository cannot be reached: {first[:300]}")
