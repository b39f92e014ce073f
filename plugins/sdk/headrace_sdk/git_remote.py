"""Judges what an account gives as a git repository and as a branch, before git sees either.

Source: git-clone(1), "Git URLs"; git-check-ref-format(1), of which the rule for branches here is a part.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .egress import Egress, EgressRefused, HostUnknown, checked_host
from .request import GitError

BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@#=-]{0,254}")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
SCP_LIKE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9._-]*)@([A-Za-z0-9_][A-Za-z0-9._-]*):([^:].*)")
SSH_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
SSH_PORTS = frozenset({22, 443})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a host is told when it asks who reads. They open what lies below `url` and are shown to nobody else.

    Shapes: `url` has no slash at its end.
    """

    url: str
    username: str
    password: str = field(repr=False)

    def suit(self, url: str) -> bool:
        """Say whether a repository lies below: the same scheme, host and port, and the same beginning of the path."""
        climbs = ".." in url or "%" in url  # what is written otherwise than it is meant is not below
        return url.startswith(("https://", "http://")) and url.startswith(f"{self.url}/") and not climbs


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that may be read, and the settings that pin git to the addresses that were judged.

    Shapes: `protocol` as in GIT_ALLOW_PROTOCOL. `settings` are git's `-c` values; `ssh_options` those of ssh.
    """

    url: str
    protocol: str
    settings: tuple[str, ...] = ()
    ssh_options: tuple[str, ...] = ()
    credentials: Credentials | None = None


def judged_remote(url: str, egress: Egress, local_root: Path | None) -> Remote:
    """Return the repository `url` names, if it may be read. Raises GitError."""
    if not url or url.startswith("-") or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise _refused(url, "it is empty, begins with '-' or has a space or a control character in it")
    if "::" in url.partition("/")[0]:
        raise _refused(url, "remote helpers such as 'ext::' run programs")
    try:
        if url.startswith(("https://", "http://")):
            return _web_remote(url, egress)
        if url.startswith("ssh://") or SCP_LIKE.fullmatch(url):
            return _ssh_remote(url, egress)
    except HostUnknown as unknown:
        raise GitError("SystemUnavailable", f"The repository {url} cannot be reached: {unknown}") from None
    except EgressRefused as refusal:
        raise _refused(url, str(refusal)) from None
    if url.startswith(("/", "file:///")):
        return _local_remote(url, local_root)
    raise _refused(url, "it must begin with https:// or ssh://, or have the form user@host:path")


def _refused(url: str, reason: str) -> GitError:
    return GitError("ConfigurationError", f"The repository URL {url[:200]!r} is refused: {reason.rstrip('.')}.")


def _web_remote(url: str, egress: Egress) -> Remote:
    target = egress.target(url)
    if target.scheme == "http" and not egress.names(target.host, target.port):
        raise EgressRefused("http:// is not encrypted. Use https://, or ask the operator to allow the host")
    addresses = egress.addresses(target.host, target.port)
    pinned = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
    return Remote(url, target.scheme, (f"http.curloptResolve={target.host}:{target.port}:{pinned}",))


def _ssh_remote(url: str, egress: Egress) -> Remote:
    scp_like = SCP_LIKE.fullmatch(url)
    if scp_like:
        host, port = scp_like[2], 22
        if scp_like[3].startswith("-"):
            raise EgressRefused("its path begins with '-'")
    else:
        target = egress.target(url, ("ssh",))
        host, port = target.host, target.port
        user, path = urlsplit(url).username, urlsplit(url).path
        if (user is not None and not SSH_USER.fullmatch(user)) or urlsplit(url).password or path.startswith("/-"):
            raise EgressRefused("its user name, password or path is not allowed")
    address = egress.addresses(checked_host(host), port, SSH_PORTS)[0]
    return Remote(url, "ssh", ssh_options=(f"HostName={address}", f"HostKeyAlias={host}"))


def _local_remote(url: str, local_root: Path | None) -> Remote:
    path = Path(url.removeprefix("file://")).resolve()
    if local_root is None or not path.is_relative_to(local_root.resolve()):
        raise _refused(url, "folders of this server are only open inside the account's own repository folder")
    if not path.is_dir():
        raise GitError("ConfigurationError", f"There is no repository at {url!r}. Check the URL.")
    return Remote(str(path), "file")


def judged_branch(branch: str) -> str:
    """Return the full ref of `branch`. Raises GitError."""
    odd = ("..", "//", "/.", "@{", "/-")
    if not BRANCH.fullmatch(branch) or any(part in branch for part in odd) or branch.endswith(("/", ".", ".lock")):
        raise GitError(
            "ConfigurationError",
            f"{branch[:100]!r} is no branch name that Headrace takes: letters, digits and . _ / + @ # = - are allowed.",
        )
    return f"refs/heads/{branch}"


def is_commit(text: str) -> bool:
    """Say whether `text` is a full commit id."""
    return COMMIT.fullmatch(text) is not None
