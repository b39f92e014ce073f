"""Three-stage pipelines whose actions are done by job workers outside, which poll without a pause.

Twice: by workers with boto3, which spends as long on a call as the server, and by workers that send the same signed
requests with the standard library alone, as those in other languages do.
"""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench.figures import spread
from tests.journeys.workshop import action, bounds, definition, noop, stage, unique
from tests.running import REGION, Account, Headrace, until

RUNS = 30
WARM_UPS = 3


class Lean:
    """The three calls of a job worker over one lasting connection, without an SDK. Named as boto3 names them."""

    def __init__(self, headrace: Headrace, account: Account) -> None:
        self.url, self.account = headrace.url, account
        self.signer = SigV4Auth(
            Credentials(account["access_key_id"], account["secret_access_key"]), "codepipeline", REGION
        )
        self.connection = HTTPConnection(urlsplit(headrace.url).netloc)

    def poll_for_jobs(self, **arguments: Any) -> dict[str, Any]:
        return self._call("PollForJobs", arguments)

    def acknowledge_job(self, **arguments: Any) -> dict[str, Any]:
        return self._call("AcknowledgeJob", arguments)

    def put_job_success_result(self, **arguments: Any) -> dict[str, Any]:
        return self._call("PutJobSuccessResult", arguments)

    def _call(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(arguments).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"CodePipeline_20150709.{operation}",
        }
        request = AWSRequest("POST", f"{self.url}/", headers=headers, data=body)
        self.signer.add_auth(request)
        self.connection.request("POST", "/", body, dict(request.headers.items()))
        response = self.connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        told: dict[str, Any] = json.loads(answer) if answer else {}
        return told


def outside_workers(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long a pipeline takes of a source and two stages of custom actions, by the product's own moments."""
    return {
        "three stages, outside job workers": _by(headrace, account, lambda: headrace.client(account)),
        "three stages, outside workers without an SDK": _by(headrace, account, lambda: Lean(headrace, account)),
    }


def _by(headrace: Headrace, account: Account, make_client: Callable[[], Any]) -> dict[str, Any]:
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
            stack.callback(_worker(make_client(), each))
        api.create_pipeline(pipeline=definition(account, name, stages, executionMode="PARALLEL", pipelineType="V2"))
        durations = [_run(api, name) for _ in range(WARM_UPS + RUNS)][WARM_UPS:]
    return spread(durations)


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


def _worker(api: Any, type_id: dict[str, str]) -> Any:
    """Start a job worker, and return what ends it."""
    stopping = Event()

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
