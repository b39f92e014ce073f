"""What Headrace does for a provider that asks, in the account of its action, whatever the question says.

Apps above add their answers with `offer`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.actions.host import OnQuestion, Refused
from apps.artifacts.errors import ArtifactDamaged, ObjectNotFound, VersionNotFound
from apps.artifacts.models import StoredObject
from apps.artifacts.selectors import find_object
from apps.artifacts.services import fetch_to
from apps.core.errors import HeadraceError
from apps.core.ids import new_id
from apps.tenancy.models import Account


@dataclass(frozen=True)
class Asker:
    """The step that asks. `folder` is there for files as long as it lasts.

    Shapes: `context` is that of the job's order, empty for a look at a source; `token` is the same for each start of
    one attempt.
    """

    account: Account
    folder: Path
    token: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


AnswerTo = Callable[[Asker, Mapping[str, Any]], dict[str, Any]]
_offered: dict[str, AnswerTo] = {}


def offer(what: str, answer: AnswerTo) -> None:
    """Have questions of this name answered. Errors of ours that `answer` raises become refusals."""
    _offered[what] = answer


def answers_for(asker: Asker) -> OnQuestion:
    """Return what answers the questions of one step."""

    def answer(what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if what not in _offered:
            raise Refused("ConfigurationError", f"Headrace does not know what '{what}' is.")
        try:
            return _offered[what](asker, arguments)
        except HeadraceError as error:
            raise Refused("ConfigurationError", error.message) from None

    return answer


def look_at_object(asker: Asker, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a version of an object. Raises Refused."""
    return _facts(_found(asker, arguments))


def fetch_object(asker: Asker, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write a version of an object to a new file. Raises Refused; OSError when the disk is full."""
    stored = _found(asker, arguments)
    asker.folder.mkdir(parents=True, exist_ok=True)
    path = asker.folder / f"fetched-{new_id()}"
    try:
        fetch_to(asker.account, stored.bucket, stored.key, path, version_id=stored.version_id)
    except ArtifactDamaged as damaged:
        raise Refused("RevisionUnavailable", damaged.message) from None
    return {**_facts(stored), "path": str(path)}


def _found(asker: Asker, arguments: Mapping[str, Any]) -> StoredObject:
    bucket, key, version = (str(arguments.get(name, "")) for name in ("bucket", "key", "version_id"))
    try:
        return find_object(asker.account, bucket, key, version or None)
    except VersionNotFound:
        raise Refused(
            "RevisionUnavailable", f"The object '{key}' in bucket '{bucket}' has no version '{version}'."
        ) from None
    except ObjectNotFound:
        raise Refused(
            "ConfigurationError",
            f"There is no object '{key}' in bucket '{bucket}'. Put it there, or correct S3Bucket and S3ObjectKey.",
        ) from None


def _facts(stored: StoredObject) -> dict[str, Any]:
    return {
        "bucket": stored.bucket,
        "key": stored.key,
        "version_id": stored.version_id,
        "etag": stored.etag,
        "size": stored.size,
        "created": stored.created_at.isoformat(),
        "metadata": stored.metadata,
    }


offer("look_at_object", look_at_object)
offer("fetch_object", fetch_object)
