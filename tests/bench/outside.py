"""Three-stage pipelines whose actions are done by job workers outside, which poll without a pause."""

import time
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

from tests.bench.figures import spread
from tests.journeys.workshop import action, bounds, definition, noop, stage, unique
from tests.running import Account, Headrace, until

RUNS = 30
WARM_UPS = 3


def outside_workers(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long a pipeline takes of a source and two stages of custom actions, by the product's own moments."""
    api, provider = headrace.client(account), unique("Bench")
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
    name = unique("outside")
    with ExitStack() as stack:
        for each in types:
            stack.callback(_worker(headrace, account, each))
        api.create_pipeline(pipeline=definition(account, name, stages, executionMode="PARALLEL", pipelineType="V2"))
        durations = [_run(api, name) for _ in range(WARM_UPS + RUNS)][WARM_UPS:]
    return {"three stages, outside job workers": spread(durations)}


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


def _worker(headrace: Headrace, account: Account, type_id: dict[str, str]) -> Any:
    """Start a job worker, and return what ends it."""
    api, stopping = headrace.client(account), Event()

    def work() -> None:
        while not stopping.is_set():
            for job in api.poll_for_jobs(actionTypeId=type_id)["jobs"]:
                api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
                api.put_job_success_result(jobId=job["id"])

    thread = Thread(target=work)
    thread.start()

    def end() -> None:
        stopping.set()
        thread.join()

    return end
