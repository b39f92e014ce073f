"""A process that is killed at a change of its files, and a disk that fails: all of an operation is there, or nothing.

Named after the rows of the fault table. On SQLite, as the product sets it up. Operations come in by the wire API
and the artifact endpoint, and each change and sync of the data folder passes a shim (disk/shim.c) that does the harm.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.journeys.workshop import Details, action, bounds, definition, stage
from tests.reliability.disk import shim as shims
from tests.reliability.disk.contents import Comparison, Contents, contents, opened, problems
from tests.reliability.disk.lives import Life, Lives
from tests.reliability.disk.shim import Shim
from tests.running import Account, Headrace

pytestmark = [pytest.mark.faults, pytest.mark.slow]
MOST_CHANGES = 1000
EMPTY_LOG, FULL_LOG = "empty log", "full log"
FULL_LOG_BYTES = 1000 * 4120 * 0.97  # SQLite cuts the log when it has a thousand pages
STRIDE = {EMPTY_LOG: 1, FULL_LOG: 7}  # with a full log most changes are like their neighbours, page after page
AGAIN_EVERY = 5  # what was undone is asked for again after each fifth kill
OBJECT = b"made once" * 4000


@dataclass
class Scene:
    """A data folder in which a job is in somebody's hands, and lives that begin with it as often as they are wanted."""

    shim: Shim
    lives: Lives
    account: Account
    api: Any
    s3: Any
    scratch: Path
    types: list[Details] = field(default_factory=list)
    job: str = ""

    @property
    def file(self) -> Path:
        return self.shim.folder / "headrace.sqlite3"

    def put_a_job_into_hands(self) -> None:
        for category, most in (("Source", 0), ("Build", 1)):
            named = {"category": category, "provider": "Hand", "version": "1"}
            details = {"inputArtifactDetails": bounds(0, most), "outputArtifactDetails": bounds(0, 1)}
            self.api.create_custom_action_type(**named, **details)
            self.types.append({**named, "owner": "Custom"})
        self.api.create_pipeline(pipeline=self.pipeline("made"))
        (job,) = self.api.poll_for_jobs(actionTypeId=self.types[0])["jobs"]
        self.api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
        self.job = job["id"]

    def tell_that_the_key_was_used(self) -> None:
        """So that no call notes it beside what it does."""
        with opened(self.file) as database:
            database.execute("UPDATE tenancy_accesskey SET last_used_at = datetime(last_used_at, '+1 hour')")
            database.commit()

    def keep(self, state: str) -> None:
        shutil.copytree(self.shim.folder, self.scratch / state, ignore=shutil.ignore_patterns("*-shm"))

    def put_back(self, state: str) -> None:
        self.shim.disarm()
        shutil.rmtree(self.shim.folder)
        shutil.copytree(self.scratch / state, self.shim.folder)

    def fill_the_log(self) -> None:
        """Write until the next change makes SQLite bring its log into the file."""
        log = self.file.with_name(f"{self.file.name}-wal")
        numbers = count()
        while not log.exists() or log.stat().st_size < FULL_LOG_BYTES:
            self.api.create_pipeline(pipeline=self.pipeline(f"filler-{next(numbers)}"))

    def life(self) -> Life:
        life = self.lives.begin()
        life.serves(self.api)
        life.serves(self.s3)
        return life

    def contents(self) -> Contents:
        """Return what the file holds, which must be whole."""
        with opened(self.file) as database:
            assert problems(database) == []
            return contents(database)

    def pipeline(self, name: str) -> Details:
        source, build = self.types
        stages = [
            stage("Source", action("Fetch", source, outputArtifacts=[{"name": "Code"}])),
            stage("Build", action("Make", build, inputArtifacts=[{"name": "Code"}])),
        ]
        return definition(self.account, name, stages, pipelineType="V2", executionMode="PARALLEL")

    # The operations. Each may be asked for again, as a client does that got no answer.

    def start_an_execution(self) -> None:
        self.api.start_pipeline_execution(name="made", clientRequestToken="once")

    def report_a_result(self) -> None:
        self.api.put_job_success_result(jobId=self.job, executionDetails={"summary": "done"})

    def create_a_pipeline(self) -> None:
        try:
            self.api.create_pipeline(pipeline=self.pipeline("another"))
        except self.api.exceptions.PipelineNameInUseException:
            assert self.api.get_pipeline(name="another")["pipeline"]["version"] == 1

    def put_an_object(self) -> None:
        """It is not put twice: each time would make a version."""
        where = {"Bucket": self.account["artifact_bucket"], "Key": "made/once"}
        try:
            assert self.s3.get_object(**where)["Body"].read() == OBJECT
        except self.s3.exceptions.NoSuchKey:
            self.s3.put_object(**where, Body=OBJECT)


Operation = Callable[[Scene], None]
every_operation = pytest.mark.parametrize(
    ("operation", "state"),
    [
        pytest.param(Scene.start_an_execution, EMPTY_LOG, id="a start"),
        pytest.param(Scene.report_a_result, EMPTY_LOG, id="a result"),
        pytest.param(Scene.create_a_pipeline, EMPTY_LOG, id="a pipeline"),
        pytest.param(Scene.put_an_object, EMPTY_LOG, id="an object"),
        pytest.param(Scene.start_an_execution, FULL_LOG, id="a start that cuts the log"),
    ],
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    folder, scratch = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("scratch")
    shim, headrace = Shim(folder, scratch), Headrace(data=folder, environment={"HEADRACE_LOG_LEVEL": "CRITICAL"})
    try:
        headrace.migrate()
        account = headrace.create_account()
        with Lives(headrace.environment | shim.environment, scratch) as lives:
            scene = Scene(shim, lives, account, headrace.client(account), headrace.s3(account), scratch)
            with scene.life():
                scene.put_a_job_into_hands()
            scene.tell_that_the_key_was_used()
            scene.keep(EMPTY_LOG)
            with scene.life():
                scene.fill_the_log()
                scene.keep(FULL_LOG)
            yield scene
    finally:
        headrace.close()


@pytest.fixture
def compare(scene: Scene, operation: Operation, state: str) -> Comparison:
    found = []
    for _ in range(2):
        scene.put_back(state)
        with scene.life():
            operation(scene)
        found.append(scene.contents())
    scene.put_back(state)
    return Comparison(scene.contents(), *found)


@every_operation
def test_flt_06_an_operation_that_is_killed_at_any_change_is_done_or_undone(scene, operation, state, compare):
    """FLT-06: at each write, sync and change of a folder in turn. Asked for again it is done, and done once."""
    places = []
    for at in range(1, MOST_CHANGES, STRIDE[state]):
        scene.put_back(state)
        with scene.life():
            scene.shim.arm(shims.KILL, at)
            try:
                operation(scene)
            except ConnectionClosedError:
                was_killed = True
            else:
                was_killed = False
            scene.shim.disarm()
        places.append(compare.place(scene.contents()))
        assert places[-1] in {"before", "after"}, f"killed at change {at}: {places[-1]}"
        if not was_killed:
            break
        if len(places) % AGAIN_EVERY == 0 or places[-1] == "after":
            with scene.life():
                operation(scene)
            assert compare.place(scene.contents()) == "after", f"killed at change {at}, and asked for again"
    assert not was_killed
    assert places[-1] == "after"
    print(f"{len(places) - 1} changes, undone by {places.count('before')} kills")
    assert places.count("before") > 5


@every_operation
def test_flt_19_an_operation_whose_sync_fails_once_is_told_and_undone(scene, operation, state, compare):
    """FLT-19: EIO at each sync in turn. The process that saw it serves what comes after it."""
    refusals = 0
    for at in range(1, MOST_CHANGES):
        scene.put_back(state)
        with scene.life():
            was_reached, was_told = failing(scene, operation, shims.FAIL_ONE_SYNC, at)
            refusals += was_told
            assert compare.place(scene.contents()) == ("before" if was_told else "after"), f"failed at sync {at}"
            operation(scene)
        assert compare.place(scene.contents()) == "after", f"failed at sync {at}, and asked for again"
        if not was_reached:
            break
    assert not was_reached
    print(f"{at - 1} syncs, {refusals} of which are told")
    assert refusals > 0


@every_operation
@pytest.mark.parametrize("is_killed", [False, True], ids=["goes on", "is killed"])
def test_flt_19_on_a_disk_that_fails_for_a_while_an_operation_is_whole(scene, operation, state, compare, is_killed):
    """FLT-19: EIO at each sync from one on, then the disk is well again. Who was told of a failure asks again.

    The log may hold a commit whose sync failed. Whoever reads the log anew, as after a kill, finds it there, as a
    whole: a failure that is told is no promise that nothing came of it.
    """
    for at in range(1, MOST_CHANGES):
        scene.put_back(state)
        with scene.life():
            was_reached, was_told = failing(scene, operation, shims.FAIL_EVERY_SYNC, at)
            if not is_killed:
                operation(scene)
        place = compare.place(scene.contents())
        assert place in ({"before", "after"} if was_told and is_killed else {"after"}), f"failed from sync {at} on"
        with scene.life():
            operation(scene)
        assert compare.place(scene.contents()) == "after", f"failed from sync {at} on, and asked for again"
        if not was_reached:
            break
    assert not was_reached


def failing(scene: Scene, operation: Operation, mode: int, at: int) -> tuple[bool, bool]:
    """Do an operation on a disk that fails. Return whether it came so far, and whether its failure was told."""
    scene.shim.arm(mode, at)
    try:
        operation(scene)
    except ClientError as error:
        told = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    else:
        told = None
    was_reached = scene.shim.disarm() >= at
    assert told in {None, (503, "ServiceUnavailable")}
    return was_reached, told is not None
