"""Pipelines of a source and one stage more, on hosts whose clocks are off, and callers who sign by such a clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import botocore.auth
import pytest

from tests.journeys.workshop import action, definition, noop, stage, unique
from tests.running import Account


def sign_by(monkeypatch: pytest.MonkeyPatch, ahead_seconds: Callable[[], float]) -> None:
    """Have boto3 sign by a clock that is off: AWS refuses callers that are five minutes off the host's."""
    real = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda *given: real(*given) + timedelta(seconds=ahead_seconds())
    )


def of_one_stage(api: Any, account: Account, *actions: dict[str, Any]) -> str:
    """Create a pipeline that begins at once. Returns its name."""
    stages = [stage("Source", action("Start", noop("Source"))), stage("Work", *actions)]
    name: str = api.create_pipeline(pipeline=definition(account, unique("clocks"), stages))["pipeline"]["name"]
    return name


def status(api: Any, name: str) -> str:
    return str(api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]["status"])


def standing(api: Any, name: str) -> dict[str, Any]:
    """Return how the first action of the stage Work stands."""
    work = api.get_pipeline_state(name=name)["stageStates"][1]
    return dict(work["actionStates"][0].get("latestExecution", {}))


def starts(api: Any, name: str) -> list[str]:
    """Return what each execution was started by."""
    found = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [each["trigger"]["triggerType"] for each in found]
