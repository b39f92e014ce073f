"""What a provider may ask Headrace for while it works: things of the account of its action, and of no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol


class HostRefused(Exception):
    """Headrace does not do what it was asked. `code` is one of FAILURE_CODES; `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object. Units: `size` in bytes. Shapes: `metadata` is what its writer said of it."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


class Objects(Protocol):
    """The objects that the account keeps in Headrace's store. An empty `version_id` means the latest version."""

    def look(self, bucket: str, key: str, version_id: str = "") -> ObjectVersion:
        """Return what is known of a version. Raises HostRefused when it is not there."""

    def fetch(self, bucket: str, key: str, version_id: str = "") -> tuple[ObjectVersion, Path]:
        """Return a version and a file with its bytes, which lasts as long as the step. Raises HostRefused."""


class Pipelines(Protocol):
    """The pipelines of the account."""

    def start(
        self, name: str, *, variables: Sequence[Mapping[str, str]], source_revisions: Sequence[Mapping[str, str]]
    ) -> str:
        """Start an execution and return its id. Asked again by the same attempt, it returns the same one.

        Shapes: `variables` and `source_revisions` are as StartPipelineExecution takes them.
        Raises: HostRefused.
        """


class NotOffered:
    """Stands where a host offers nothing."""

    def look(self, bucket: str, key: str, version_id: str = "") -> NoReturn:
        raise HostRefused("SystemUnavailable", "There is no object store here.")

    def fetch(self, bucket: str, key: str, version_id: str = "") -> NoReturn:
        raise HostRefused("SystemUnavailable", "There is no object store here.")

    def start(
        self, name: str, *, variables: Sequence[Mapping[str, str]], source_revisions: Sequence[Mapping[str, str]]
    ) -> NoReturn:
        raise HostRefused("SystemUnavailable", "There are no pipelines here.")


NOT_OFFERED = NotOffered()
