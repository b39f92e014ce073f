"""Which events start a pipeline. Source: reference sections 6.2 and 6.4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .git_event import GitEvent, Kind
from .globs import matches

MOST_FILES = 100  # changed files that a filter looks at
Patterns = Mapping[str, Sequence[str]]
Filter = Mapping[str, Any]


@dataclass(frozen=True)
class Listening:
    """What one source action listens to.

    Shapes: `git` is gitConfiguration of its trigger, None without one; `detects` tells whether a push to `branch`
    starts it then: DetectChanges is not false, and the pipeline has no trigger at all.
    """

    branch: str
    detects: bool = True
    git: Mapping[str, Any] | None = None


def starts(event: GitEvent, listening: Listening) -> bool:
    """Say whether an event starts the pipeline. What comes from a fork starts nothing: a stranger wrote it."""
    if event.is_deleted or event.is_from_fork:
        return False
    if listening.git is None:
        return listening.detects and event.kind == Kind.PUSH and event.branch == listening.branch
    pushes, requests = listening.git.get("push"), listening.git.get("pullRequest")
    if not pushes and not requests:  # "no filter": a push to the action's own branch
        return event.kind == Kind.PUSH and event.branch == listening.branch
    if event.kind == Kind.PUSH:
        return any(_push_passes(event, each) for each in pushes or ())
    return any(_request_passes(event, each) for each in requests or ())


def _push_passes(event: GitEvent, wanted: Filter) -> bool:
    if "tags" in wanted:
        return bool(event.tag) and passes(event.tag, wanted["tags"])
    if "branches" not in wanted and "filePaths" not in wanted:
        return True
    if not event.branch or not passes(event.branch, wanted.get("branches", {})):
        return False
    if "filePaths" in wanted and event.is_new:
        return False
    return _files_pass(event, wanted)


def _request_passes(event: GitEvent, wanted: Filter) -> bool:
    if wanted.get("events") and event.action not in wanted["events"]:
        return False
    return passes(event.destination_branch, wanted.get("branches", {})) and _files_pass(event, wanted)


def _files_pass(event: GitEvent, wanted: Filter) -> bool:
    """Each changed file is judged alone, and one that passes is enough."""
    if "filePaths" not in wanted:
        return True
    return any(passes(path, wanted["filePaths"]) for path in (event.files or ())[:MOST_FILES])


def passes(text: str, wanted: Patterns) -> bool:
    """Say whether a name is included and not excluded. Without includes everything is; an exclude wins."""
    includes, excludes = wanted.get("includes"), wanted.get("excludes")
    if excludes and any(matches(pattern, text) for pattern in excludes):
        return False
    return not includes or any(matches(pattern, text) for pattern in includes)


def needs_files(event: GitEvent, listening: Listening) -> bool:
    """Say whether the changed files decide, and nobody told them: all else of a filter that names files passes."""
    if event.files is not None or event.is_new or listening.git is None:
        return False
    kind = "push" if event.kind == Kind.PUSH else "pullRequest"
    naming = [each for each in listening.git.get(kind) or () if "filePaths" in each]
    besides = [{name: value for name, value in each.items() if name != "filePaths"} for each in naming]
    return bool(besides) and starts(event, replace(listening, git={kind: besides}))
