"""What goes on while processes are replaced: pipelines, our own worker's work, transfers, news. Nobody asks twice."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.journeys.receiver import Receiver
from tests.journeys.workshop import action, definition, noop, stage, unique
from tests.reliability.balancer import Balancer
from tests.reliability.journal import Journal
from tests.reliability.storm import Storm

WORKERS = 6
MEBIBYTE = 1_048_576
STARTED = 1.0  # seconds from one execution of our own worker's pipeline to the next
SUCCEEDED = "codepipeline-pipeline-pipeline-execution-succeeded"


class Outside(Storm):
    """Pipelines whose every action outside workers do."""

    def __init__(self, balancer: Balancer) -> None:
        super().__init__(balancer.headrace, 0)
        self.api = balancer.client(self.account, self.journal)

    def start(self) -> None:
        """Create one, start it once more, and look how it is."""
        name = unique("upgrade")
        self._create(name)
        self.names.append(name)
        self._start(name)
        self.api.get_pipeline_state(name=name)
        self.executions(name)


class Inside:
    """A pipeline whose every action our own worker does. Each execution notes its token, and takes two seconds."""

    def __init__(self, balancer: Balancer, folder: Path) -> None:
        self.account = balancer.headrace.create_account("Inside")
        self.journal = Journal()
        self.api = balancer.client(self.account, self.journal)
        self.name, self.file = unique("inside"), folder / "journal"
        self.file.touch()
        stages = [
            stage("Source", action("Fetch", noop("Source"), outputArtifacts=[{"name": "Code"}])),
            stage("Build", action("Note", noop("Build"), configuration={"Behaviour": f"journal:{self.file}"})),
            stage("Ship", action("Send", noop("Deploy"), configuration={"Behaviour": "sleep:1.5"})),
        ]
        members = {"pipelineType": "V2", "executionMode": "PARALLEL"}
        self.api.create_pipeline(pipeline=definition(self.account, self.name, stages, **members))

    def start(self) -> None:
        self.api.start_pipeline_execution(name=self.name)

    def executions(self) -> dict[str, str]:
        """Return the status of each."""
        found: list[Any] = []
        more: dict[str, str] | None = {}
        while more is not None:
            page = self.api.list_pipeline_executions(pipelineName=self.name, **more)
            found += page["pipelineExecutionSummaries"]
            more = {"nextToken": page["nextToken"]} if "nextToken" in page else None
        return {each["pipelineExecutionId"]: each["status"] for each in found}

    def has_ended(self) -> bool:
        return set(self.executions().values()) == {"Succeeded"}

    def ran_once(self) -> None:
        """INV-07 and INV-12: each build ran once, under its own token."""
        lines = self.file.read_text().splitlines()
        assert len(lines) == len({line.split()[0] for line in lines}) == len(self.executions())


class Transfers:
    """Artifacts that come and go slowly, so that one is always on its way."""

    def __init__(self, balancer: Balancer, account: Any) -> None:
        self.balancer, self.account = balancer, account
        self.large = b"x" * 12 * MEBIBYTE
        self.s3(balancer.headrace.url).put_object(Bucket=account["artifact_bucket"], Key="large", Body=self.large)

    def s3(self, url: str) -> Any:
        return self.balancer.headrace.s3(self.account, url=url, signature_version="s3v4")

    def link(self, url: str, operation: str, key: str) -> str:
        place = {"Bucket": self.account["artifact_bucket"], "Key": key}
        return str(self.s3(url).generate_presigned_url(operation, place))

    def send(self) -> None:
        with self.balancer.passing("an upload") as url:
            fields = {"content-length": str(MEBIBYTE)}
            link = self.link(url, "put_object", unique("sent"))
            httpx2.put(link, content=slowly(), headers=fields, timeout=20, trust_env=False).raise_for_status()

    def fetch(self) -> None:
        with (
            self.balancer.passing("a download") as url,
            httpx2.stream("GET", self.link(url, "get_object", "large"), timeout=20, trust_env=False) as answer,
        ):
            answer.raise_for_status()
            read = 0
            for part in answer.iter_bytes(MEBIBYTE):
                read += len(part)
                time.sleep(0.1)
            assert read == len(self.large), "a download was cut"


def slowly() -> Iterator[bytes]:
    for _ in range(8):
        time.sleep(0.15)
        yield b"x" * (MEBIBYTE // 8)


class Load:
    """All of it, from `with` until `end`. Units: `pace_seconds` pass between pipelines for outside workers."""

    def __init__(self, balancer: Balancer, folder: Path, *, pace_seconds: float) -> None:
        self.balancer, self.pace_seconds = balancer, pace_seconds
        self.outside, self.inside = Outside(balancer), Inside(balancer, folder)
        self.transfers = Transfers(balancer, self.inside.account)
        self.receiver = Receiver(balancer.headrace)
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS + 4)
        self._going: list[Future] = []

    def __enter__(self) -> Self:
        self.receiver.__enter__()
        self.receiver.told_of(self.inside.account, "--event", SUCCEEDED)
        self._going = [
            self._pool.submit(self._on_and_on, self.outside.start, self.pace_seconds),
            self._pool.submit(self._on_and_on, self.inside.start, STARTED),
            self._pool.submit(self._on_and_on, self.transfers.send, 0),
            self._pool.submit(self._on_and_on, self.transfers.fetch, 0),
            *(self._pool.submit(self.outside.work) for _ in range(WORKERS)),
        ]
        return self

    def _on_and_on(self, work: Callable[[], object], pause_seconds: float) -> None:
        while not self._over.wait(pause_seconds):
            work()

    def start_no_more(self) -> None:
        """Outside workers go on, to bring what was started to its end."""
        self._over.set()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.outside.done.set()
        self._pool.shutdown()
        self.receiver.__exit__()
        for each in self._going:
            each.result()

    def told(self) -> set[str]:
        """Return the executions that somebody was told of."""
        return {event["detail"]["execution-id"] for event in self.receiver.events}
