"""Many pipelines at once, with job workers outside, and a journal of what everybody was told.

The workers are honest and stubborn: they ask again until they get an answer, so every result is sent at least once and
often twice. What they saw goes to a journal that the faults cannot reach.
"""

import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.journeys.workshop import action, bounds, definition, stage, unique
from tests.reliability.journal import Journal
from tests.running import Headrace

POLLERS = 6
PAUSE_SECONDS = 0.05
PASSING = {
    "ServiceUnavailable",
    "InternalFailure",
    "ThrottlingException",
    "ConflictException",
    "RequestTimeoutException",
}


class Storm:
    """`number` pipelines of source, build and ship, each of which is started once more than by its creation.

    Shapes: `url` is where it asks, when that is not the web process itself.
    """

    def __init__(self, headrace: Headrace, number: int, mode: str = "QUEUED", *, url: str = "") -> None:
        self.headrace, self.mode = headrace, mode
        self.account = headrace.create_account("Storm")
        self.api = headrace.client(self.account, url=url, connect_timeout=2, read_timeout=10, max_pool_connections=32)
        self.journal = Journal()
        self.journal.hear(self.api)
        self.names = [unique("storm") for _ in range(number)]
        self.promised: dict[str, list[str]] = defaultdict(list)
        self.acknowledged: Counter[tuple[str, str]] = Counter()
        self.worked: dict[str, set[str]] = defaultdict(set)
        self.refused: list[str] = []
        self.done = threading.Event()
        self._lock = threading.Lock()
        self.types = [self._declare(category) for category in ("Source", "Build", "Deploy")]

    def _declare(self, category: str) -> dict[str, str]:
        named = {"category": category, "provider": unique("Storm"), "version": "1"}
        most = 0 if category == "Source" else 1
        self.api.create_custom_action_type(
            **named, inputArtifactDetails=bounds(0, most), outputArtifactDetails=bounds(0, 1)
        )
        return {**named, "owner": "Custom"}

    def create(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._create, self.names))

    def _create(self, name: str) -> None:
        source, build, ship = self.types
        stages = [
            stage("Source", action("Fetch", source, outputArtifacts=[{"name": "Code"}])),
            stage(
                "Build", action("Make", build, inputArtifacts=[{"name": "Code"}], outputArtifacts=[{"name": "Made"}])
            ),
            stage("Ship", action("Send", ship, inputArtifacts=[{"name": "Made"}])),
        ]
        members = {"pipelineType": "V2", "executionMode": self.mode}
        self.api.create_pipeline(pipeline=definition(self.account, name, stages, **members))

    def start_all(self) -> None:
        """Start each pipeline once more, with a token, asking until the answer is there."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._start, self.names))

    def _start(self, name: str) -> None:
        token = unique("token")
        told = self.stubbornly(self.api.start_pipeline_execution, name=name, clientRequestToken=token)
        self.promised[name].append(told["pipelineExecutionId"])

    def stubbornly(self, call: Any, **arguments: Any) -> Any:
        """Ask again while the service is away; a refusal of the request itself is an answer."""
        while True:
            try:
                return call(**arguments)
            except ClientError as error:
                code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
                if code not in PASSING and status < 500:
                    raise
            except (BotoCoreError, OSError):
                pass
            time.sleep(PAUSE_SECONDS)

    def work(self) -> None:
        """Poll, acknowledge and report until `done`."""
        while not self.done.is_set():
            found = 0
            for type_id in self.types:
                jobs = self.stubbornly(self.api.poll_for_jobs, actionTypeId=type_id, maxBatchSize=4)["jobs"]
                found += len(jobs)
                for job in jobs:
                    self._do(job)
            if not found:
                time.sleep(PAUSE_SECONDS)

    def _do(self, job: dict[str, Any]) -> None:
        try:
            self.stubbornly(self.api.acknowledge_job, jobId=job["id"], nonce=job["nonce"])
        except ClientError as error:
            self._note_refusal("acknowledge", error, "InvalidNonceException")
            if not self._is_ours(job):
                return
        with self._lock:
            self.acknowledged[job["id"], job["nonce"]] += 1
            self.worked[job["data"]["pipelineContext"]["action"]["actionExecutionId"]].add(job["id"])
        try:
            self.stubbornly(self.api.put_job_success_result, jobId=job["id"], executionDetails={"summary": "done"})
        except ClientError as error:
            self._note_refusal("report", error)

    def _is_ours(self, job: dict[str, Any]) -> bool:
        """An offer's nonce was seen by us alone, and offers last longer than outages: our first call was served."""
        with self._lock:
            return (job["id"], job["nonce"]) not in self.acknowledged

    def _note_refusal(self, what: str, error: ClientError, *expected: str) -> None:
        code = error.response["Error"]["Code"]
        if code not in expected:
            self.refused.append(f"{what}: {code}: {error}")

    def executions(self, name: str) -> list[dict[str, Any]]:
        return self.stubbornly(self.api.list_pipeline_executions, pipelineName=name)["pipelineExecutionSummaries"]

    def going(self) -> list[str]:
        """Return the pipelines in which something is not over yet."""
        return [name for name in self.names if any(each["status"] == "InProgress" for each in self.executions(name))]
