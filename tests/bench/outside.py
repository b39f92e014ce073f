"""Three-stage pipelines whose actions are done by job workers outside, each a process, which poll without a pause.

Twice: by workers with boto3, which spends as long on a call as the server, and by workers that send the same signed
requests with the standard library alone, as those in other languages do.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.bench.figures import Results, spread
from tests.bench.worker import BOTO3, LEAN, working
from tests.journeys.workshop import action, bounds, definition, noop, stage, unique
from tests.running import Account, Headrace, until

RUNS = 30
WARM_UPS = 3
OUTSIDE, OUTSIDE_LEAN = "three stages, outside job workers", "three stages, outside workers without an SDK"


def outside_workers(headrace: Headrace, account: Account) -> Results:
    """Return how long a pipeline takes of a source and two stages of custom actions, by the product's own moments."""
    return {
        OUTSIDE: _by(headrace, account, BOTO3),
        OUTSIDE_LEAN: _by(headrace, account, LEAN),
    }


def _by(headrace: Headrace, account: Account, client: str) -> dict[str, Any]:
    api = headrace.client(account)
    with outside_pipeline(headrace, account, client) as name:
        durations = [_run(api, name) for _ in range(WARM_UPS + RUNS)][WARM_UPS:]
    return spread(durations)


@contextmanager
def outside_pipeline(headrace: Headrace, account: Account, client: str) -> Iterator[str]:
    """Give the name of a pipeline of a source and two stages of custom actions, each of which has a worker."""
    api, provider, name = headrace.client(account), unique("Bench"), unique("outside")
    types = [{"category": kind, "owner": "Custom", "provider": provider, "version": "1"} for kind in ("Build", "Test")]
    for each in types:
        api.create_custom_action_type(
            category=each["category"], provider=provider, version="1",
            inputArtifactDetails=bounds(0, 1), outputArtifactDetails=bounds(0, 1),
        )  # fmt: skip
    stages = [
        stage("Source", action("Start", noop("Source"))),
        *(stage(each["category"], action("Do", each)) for each in types),
    ]
    with ExitStack() as stack:
        for each in types:
            stack.enter_context(working(headrace.url, account, each, client))
        api.create_pipeline(pipeline=definition(account, name, stages, executionMode="PARALLEL", pipelineType="V2"))
        yield name


def _run(api: Any, name: str) -> float:
    asked = time.time()
    execution = api.start_pipeline_execution(name=name)["pipelineExecutionId"]

    def ended() -> Any:
        time.sleep(0.1)  # the moments are the product's, so that asking seldom costs no exactness
        newest = api.list_pipeline_executions(pipelineName=name, maxResults=1)["pipelineExecutionSummaries"][0]
        assert newest["pipelineExecutionId"] == execution
        return newest["lastUpdateTime"] if newest["status"] == "Succeeded" else None

    duration: float = until(ended, what="the end").timestamp() - asked
    return duration
