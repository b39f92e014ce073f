"""What git hosts post, as events. One module a host; each maps a payload to what happened, and nothing else.

A payload that tells of nothing that can start a pipeline maps to no event. One that lacks what its kind must have
raises PayloadUnreadable.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..git_event import GitEvent
from . import bitbucket, gitea, github, gitlab, plain

Read = Callable[[str, Any], list[GitEvent]]
READERS: dict[str, tuple[str, Read]] = {
    "Gitea": ("x-gitea-event", gitea.events),  # before GitHub's, whose header Gitea sends too
    "GitLab": ("x-gitlab-event", gitlab.events),
    "Bitbucket": ("x-event-key", bitbucket.events),
    "GitHub": ("x-github-event", github.events),
    "Git": ("x-headrace-event", plain.events),
}


class PayloadUnreadable(Exception):
    """A payload lacks what its host says it has."""


def host_of(headers: Mapping[str, str]) -> str:
    """Return the kind of git host that a call comes from, by its headers; "" for none that is known."""
    return next((host for host, (header, _) in READERS.items() if header in headers), "")


def kind_of(host: str, headers: Mapping[str, str]) -> str:
    """Return the host's own name of the kind of event that a call tells. Shapes: `host` is a key of READERS."""
    header, _ = READERS[host]
    return headers.get(header, "")


def events_of(host: str, headers: Mapping[str, str], document: Any) -> list[GitEvent]:
    """Return what a payload tells. Shapes: `host` is a key of READERS. Raises PayloadUnreadable."""
    _, read = READERS[host]
    try:
        return read(kind_of(host, headers), document)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise PayloadUnreadable(f"The payload is not one of {host}'s: {type(error).__name__} at {error}.") from None
