"""How a job ended, in the words that its action keeps."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """A result. Shapes: `revision` is {"id", "change_id", "summary", "url", "created"}, or None.

    `percent_complete` and the external fields of a continuation are its progress. `by` is the ARN of who reported.
    """

    succeeded: bool
    summary: str = ""
    external_id: str = ""
    external_url: str = ""
    percent_complete: int | None = None
    error_code: str = ""
    error_message: str = ""
    revision: Mapping[str, Any] | None = None
    output_variables: Mapping[str, str] = field(default_factory=dict)
    continuation_token: str = ""
    pause_seconds: float | None = None
    by: str = ""

    def digest(self) -> str:
        """Return what an exact replay has in common with the first report: everything but who sent it and the pause."""
        facts = asdict(self) | {"by": "", "pause_seconds": None}
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
