"""kill -9 of the worker while the demo's release runs: nothing is lost, and nothing runs under a second token.

The worker that has run longest is killed again and again, after a time that the seed decides. Others start meanwhile,
because a start takes longer than an action; one that has not started yet is not worth killing.
"""

import base64
import hashlib
import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from pipelines_project.launch.toolchain import ensure_toolchain
from tests.journeys.workshop import actions_of, statuses_of
from tests.running import Account, Headrace, until

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
KILLS = 20
MET_AT_LEAST = 1  # kills that met an action under way; the others fell between two
SPARES = 2
SEED = 20_260_131
LONGEST_WAIT_SECONDS = 1.2
ACTIONS = ("Checkout", "UnitTests", "Analysis", "Package", "Release", "Publish")
DATABASE = """
import json
from apps.events.models import Event
from apps.jobs.models import Job
ended = Event.objects.filter(kind__in=("JobSucceeded", "JobFailed", "JobTimedOut"))
jobs = Job.objects.values_list("id", "action_execution_id", "state", "crashes")
print(json.dumps({"results": list(ended.values_list("data__job", flat=True)), "jobs": list(jobs)}, default=str))
"""


class Demo:
    """The demo's pipeline: one release at a time, approved when it waits for that."""

    def __init__(self, headrace: Headrace) -> None:
        ensure_toolchain(headrace.data)
        headrace.manage("setup_demo")
        self.headrace = headrace
        self.account: Account = json.loads((headrace.data / "demo.json").read_text())
        self.name = self.account["pipeline"]
        self.api, self.s3 = headrace.client(self.account), headrace.s3(self.account)

    def is_idle(self) -> bool:
        """Approve what waits for it, and tell whether no release is under way."""
        stages = self.api.get_pipeline_state(name=self.name)["stageStates"]
        approval = next(each for each in stages if each["stageName"] == "Approval")["actionStates"][0]
        if token := approval.get("latestExecution", {}).get("token"):
            where = {"pipelineName": self.name, "stageName": "Approval", "actionName": "Release"}
            result = {"status": "Approved", "summary": "Ship"}
            self.api.put_approval_result(**where, result=result, token=token)
        return "InProgress" not in statuses_of(self.api, self.name)

    def release_for(self, seconds: float) -> None:
        """Have a release under way all this time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.is_idle():
                self.api.start_pipeline_execution(name=self.name)
            time.sleep(0.02)

    def tokens_deployed(self) -> list[str]:
        """Return the tokens of the releases that are kept, oldest first: each is in the name of its folder."""
        releases = self.headrace.data / "deploy" / self.account["account_id"] / "harbor" / "releases"
        return [path.name.partition("-")[2] for path in sorted(releases.iterdir())]


def kill_workers(demo: Demo) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    alive = ["worker"]
    for number in range(KILLS):
        while len(alive) <= SPARES:
            alive.append(f"worker-{number}-{len(alive)}")
            demo.headrace.start(alive[-1])
        oldest = demo.headrace.processes[alive[0]]
        until(lambda pid=oldest.pid: has_children(pid), what="the start of a worker")
        demo.release_for(chance.uniform(0, LONGEST_WAIT_SECONDS))
        demo.headrace.kill(alive.pop(0))


def has_children(pid: int) -> bool:
    """Tell whether a worker has come as far as keeping children for its actions."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def test_twenty_kills_during_the_demos_release_lose_nothing_and_repeat_nothing():
    with Headrace(environment={"HEADRACE_JOB_MAX_CRASHES": "50"}) as headrace:
        demo = Demo(headrace)
        kill_workers(demo)
        until(demo.is_idle, seconds=60, what="the end of the last release")
        releases = statuses_of(demo.api, demo.name)["Succeeded"]
        assert statuses_of(demo.api, demo.name) == {"Succeeded": releases}
        actions = actions_of(demo.api, demo.name)
        assert {each["status"] for each in actions} == {"Succeeded"}
        assert Counter(each["actionName"] for each in actions) == dict.fromkeys(ACTIONS, releases)
        assert_one_result_for_each_job(headrace, {each["actionExecutionId"] for each in actions})
        assert_one_release_for_each_attempt(demo, actions)
        for each in actions:
            assert_its_artifacts_are_whole(demo, each)


def assert_one_result_for_each_job(headrace: Headrace, attempts: set[str]) -> None:
    found = json.loads(headrace.manage("shell", "-v", "0", "-c", DATABASE))
    assert Counter(found["results"]) == {job: 1 for job, *_ in found["jobs"]}
    assert Counter(attempt for _, attempt, *_ in found["jobs"]) == dict.fromkeys(attempts, 1)
    assert {state for *_, state, _ in found["jobs"]} == {"Succeeded"}
    crashes = sum(crashes for *_, crashes in found["jobs"])
    print(f"{crashes} of {KILLS} kills met an action under way")
    assert crashes >= MET_AT_LEAST


def assert_one_release_for_each_attempt(demo: Demo, actions) -> None:
    published = {each["actionExecutionId"] for each in actions if each["actionName"] == "Publish"}
    tokens = demo.tokens_deployed()
    assert len(tokens) == len(set(tokens)) == min(len(published), 5)
    assert set(tokens) <= published


def assert_its_artifacts_are_whole(demo: Demo, attempt) -> None:
    for artifact in attempt["output"]["outputArtifacts"]:
        place = artifact["s3location"]
        found = demo.s3.get_object(Bucket=place["bucket"], Key=place["key"], ChecksumMode="ENABLED")
        digest = base64.b64encode(hashlib.sha256(found["Body"].read()).digest()).decode()
        assert found["ChecksumSHA256"] == digest
