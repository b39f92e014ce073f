"""kill -9 of the worker at any moment loses nothing, and runs nothing twice under another idempotency token.

Workers are killed one after another at random moments while releases run: a git source, a build that notes its token in
a durable file before it works on, and a deploy that makes one folder for each token. Others start meanwhile, because a
start takes longer than a release; a worker that has not started yet is not worth killing.
"""

import json
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.journeys.workshop import action, actions_of, definition, noop, stage, statuses_of, unique
from tests.plugins.repositories import make_repository
from tests.running import Headrace, until

KILLS = 20
MET_AT_LEAST = 5  # kills that met an action under way; the others fell between two
SPARES = 2
SEED = 20_151_109
GIT = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}
FOLDER = {"category": "Deploy", "owner": "ThirdParty", "provider": "Folder", "version": "1"}
DATABASE = """
import json
from apps.events.models import Event
from apps.jobs.models import Job
ends = Event.objects.filter(kind__in=("ActionSucceeded", "ActionFailed", "ActionAbandoned"))
jobs = Job.objects.values_list("action_execution_id", "state", "crashes")
print(json.dumps({"ends": list(ends.values_list("action_execution_id", flat=True)), "jobs": list(jobs)}, default=str))
"""


@pytest.fixture
def headrace():
    environment = {"HEADRACE_JOB_MAX_CRASHES": "1000", "HEADRACE_JOB_LEASE_SECONDS": "3"}
    with Headrace(environment=environment) as running:
        yield running


class Releases:
    """A pipeline whose executions run side by side, and what can be seen of them from outside."""

    def __init__(self, headrace: Headrace) -> None:
        self.account = headrace.create_account()
        self.api, self.s3 = headrace.client(self.account), headrace.s3(self.account)
        self.name, self.data = unique("killed"), headrace.data
        self.journal = headrace.data / "journal.txt"
        repository = make_repository(headrace.data / "repositories" / self.account["account_id"] / "code")
        git = {"RepositoryUrl": str(repository), "BranchName": "main", "PollForSourceChanges": "false"}
        note, target = {"Behaviour": f"journal:{self.journal}"}, {"TargetName": self.name, "Keep": "100"}
        code, made = [{"name": "Code"}], [{"name": "Made"}]
        stages = [
            stage("Source", action("Checkout", GIT, configuration=git, outputArtifacts=code)),
            stage(
                "Build", action("Note", noop("Build"), configuration=note, inputArtifacts=code, outputArtifacts=made)
            ),
            stage("Ship", action("Send", FOLDER, configuration=target, inputArtifacts=made)),
        ]
        members = {"pipelineType": "V2", "executionMode": "PARALLEL"}
        self.api.create_pipeline(pipeline=definition(self.account, self.name, stages, **members))

    def start(self) -> None:
        self.api.start_pipeline_execution(name=self.name)

    def tokens(self) -> dict[str, set[str]]:
        """Return the tokens that each attempt of the build ran under."""
        found = defaultdict(set)
        for line in self.journal.read_text().splitlines():
            attempt, token = line.split()
            found[attempt].add(token)
        return found

    def deployed(self) -> list[Path]:
        target = self.data / "deploy" / self.account["account_id"] / self.name
        return sorted(path for path in (target / "releases").iterdir() if not path.name.startswith("."))


def kill_workers(headrace: Headrace, releases: Releases) -> None:
    """Kill the worker that has run longest, again and again, with releases under way and spares starting."""
    chance = random.Random(SEED)
    alive = ["worker"]
    for number in range(KILLS):
        while len(alive) <= SPARES:
            alive.append(f"worker-{number}-{len(alive)}")
            headrace.start(alive[-1])
        oldest = headrace.processes[alive[0]].pid
        until(lambda oldest=oldest: has_children(oldest), what="the start of a worker")
        releases.start()
        time.sleep(chance.uniform(0.05, 0.9))
        headrace.kill(alive.pop(0))


def has_children(pid: int) -> bool:
    """Say whether a worker has made the processes that its actions run in, the last thing before it takes jobs."""
    return any(file.read_text().strip() for file in Path(f"/proc/{pid}/task").glob("*/children"))


def test_twenty_kills_of_the_worker_lose_nothing_and_repeat_nothing(headrace):
    releases = Releases(headrace)
    kill_workers(headrace, releases)
    until(
        lambda: set(statuses_of(releases.api, releases.name)) == {"Succeeded"},
        seconds=60,
        what="the success of every release",
    )
    number = statuses_of(releases.api, releases.name)["Succeeded"]
    assert number == KILLS + 1

    actions = actions_of(releases.api, releases.name)
    assert Counter(each["actionName"] for each in actions) == dict.fromkeys(("Checkout", "Note", "Send"), number)
    assert {each["status"] for each in actions} == {"Succeeded"}
    assert_one_token_for_each_attempt(releases, number)
    assert_one_result_for_each_attempt(headrace, {each["actionExecutionId"] for each in actions})
    assert_no_artifact_is_missing(releases, actions)
    assert len(releases.deployed()) == number


def assert_one_token_for_each_attempt(releases: Releases, number: int) -> None:
    tokens = releases.tokens()
    assert len(tokens) == number
    assert {len(each) for each in tokens.values()} == {1}
    assert len(set.union(*tokens.values())) == number


def assert_one_result_for_each_attempt(headrace: Headrace, attempts: set[str]) -> None:
    found = json.loads(headrace.manage("shell", "-v", "0", "-c", DATABASE))
    ends = Counter(found["ends"])
    assert ends == dict.fromkeys(attempts, 1)
    assert Counter(key for key, _, _ in found["jobs"]) == ends
    assert {state for _, state, _ in found["jobs"]} == {"Succeeded"}
    assert sum(crashes for _, _, crashes in found["jobs"]) >= MET_AT_LEAST


def assert_no_artifact_is_missing(releases: Releases, actions) -> None:
    for each in actions:
        for artifact in each["output"]["outputArtifacts"]:
            place = artifact["s3location"]
            assert releases.s3.head_object(Bucket=place["bucket"], Key=place["key"])["ContentLength"] > 0


def test_a_killed_worker_leaves_no_process_behind(headrace):
    releases = Releases(headrace)
    until(releases.journal.exists, what="a build under way")
    headrace.kill("worker")
    until(lambda: not orphans(headrace, headrace.pids), seconds=10, what="the end of the worker's children")


def orphans(headrace: Headrace, known: set[int]) -> list[int]:
    """Return the processes of this Headrace that nothing which we started is above."""
    wanted = f"HEADRACE_DATA_DIR={headrace.data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0") and not known & set(above(int(folder.name))):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def above(pid: int) -> list[int]:
    chain = []
    while pid > 1:
        chain.append(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return chain
