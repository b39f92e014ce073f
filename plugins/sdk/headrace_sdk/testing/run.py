"""Runs an action or a rule from its start to its end, as Headrace would, in this process."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace_sdk.failures import failed_for
from headrace_sdk.provider import Provider
from headrace_sdk.request import PipelineContext, Request
from headrace_sdk.types import Failed, Result, Running, Succeeded

from .artifacts import MemoryArtifacts
from .doubles import BrokenGit, FixedClock, MemoryLog, NoSandbox, ScriptedPeer


@dataclass(frozen=True, slots=True)
class ActionRun:
    """How an action ended: its result, its log, and how often it was polled."""

    result: Succeeded | Failed
    log: str
    polls: int


def make_request(
    folder: Path,
    configuration: Mapping[str, str] | None = None,
    *,
    artifacts: MemoryArtifacts | None = None,
    token: str = "attempt-1",
    **fields: Any,
) -> Request:
    """Return a request with stand-ins for whatever `fields` leaves out. `folder` holds the workspace."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    given: dict[str, Any] = {
        "idempotency_token": token,
        "account_id": "111122223333",
        "pipeline": PipelineContext("Demo", "Stage", "Action", "execution-1", "action-1"),
        "workspace": workspace,
        "log": MemoryLog(),
        "http": ScriptedPeer(),
        "sandbox": NoSandbox(),
        "git": BrokenGit(),
        "clock": FixedClock(),
        "configuration": dict(configuration or {}),
        "inputs": dict(artifacts.inputs) if artifacts else {},
        "outputs": dict(artifacts.outputs) if artifacts else {},
    }
    return Request(**{**given, **fields})


def run_action(provider: Provider, request: Request, *, most_polls: int = 1000) -> ActionRun:
    """Start and poll until the action ends. Each Running goes through JSON, as between two processes."""
    result, polls = step(provider, "start", request), 0
    while isinstance(result, Running):
        if polls == most_polls:
            raise AssertionError(f"The action still runs after {polls} polls.")
        clock = request.clock
        if isinstance(clock, FixedClock):
            clock.advance(result.poll_after_seconds)
        result, polls = step(provider, "poll", request, through_json(result)), polls + 1
    log = request.log.text if isinstance(request.log, MemoryLog) else ""
    return ActionRun(result, log, polls)


def step(provider: Provider, name: str, request: Request, *arguments: Running) -> Result:
    """Call one method; the errors that the SDK raises become the failures they mean."""
    try:
        result: Result = getattr(provider, name)(request, *arguments)
    except Exception as error:
        failed = failed_for(error)
        if failed is None:
            raise
        return failed
    return result


def through_json(running: Running) -> Running:
    """Return `running` as another process would read it."""
    return Running(**json.loads(json.dumps(dataclasses.asdict(running))))
