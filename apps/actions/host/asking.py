"""The child's side of what a provider asks of Headrace: a question over the connection, and its answer."""

import json
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from headrace_sdk.host import HostRefused, ObjectVersion

from .frames import ANSWER, QUESTION, json_frame, read_frame


class Line:
    """Asks one question after another. The parent answers each, and sends nothing else meanwhile."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = Lock()

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer. Raises HostRefused."""
        with self._lock:
            self._connection.sendall(json_frame(QUESTION, {"what": what, "arguments": arguments}))
            message = read_frame(self._connection)
        if message is None or message[0] != ANSWER:
            raise HostRefused("SystemUnavailable", "Headrace did not answer.")
        answer: dict[str, Any] = json.loads(message[1])
        if refused := answer.get("refused"):
            raise HostRefused(refused["code"], refused["message"])
        answered: dict[str, Any] = answer["answer"]
        return answered


class AskedObjects:
    """Implements `headrace_sdk.host.Objects`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def look(self, bucket: str, key: str, version_id: str = "") -> ObjectVersion:
        return _version(self._line.ask("look_at_object", bucket=bucket, key=key, version_id=version_id))

    def fetch(self, bucket: str, key: str, version_id: str = "") -> tuple[ObjectVersion, Path]:
        answer = self._line.ask("fetch_object", bucket=bucket, key=key, version_id=version_id)
        return _version(answer), Path(answer["path"])


class AskedPipelines:
    """Implements `headrace_sdk.host.Pipelines`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def start(
        self, name: str, *, variables: Sequence[Mapping[str, str]], source_revisions: Sequence[Mapping[str, str]]
    ) -> str:
        answer = self._line.ask(
            "start_pipeline",
            name=name,
            variables=[dict(each) for each in variables],
            source_revisions=[dict(each) for each in source_revisions],
        )
        return str(answer["execution_id"])


def _version(answer: Mapping[str, Any]) -> ObjectVersion:
    facts = {name: answer[name] for name in ("bucket", "key", "version_id", "etag", "size", "metadata")}
    return ObjectVersion(created=datetime.fromisoformat(answer["created"]), **facts)
