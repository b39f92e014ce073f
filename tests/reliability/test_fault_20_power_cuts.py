"""The power is cut while Headrace works: the database is whole, and whatever was promised is there.

Named after its row of the fault table. Processes run under a shim that records each change of the data folder and each
sync; what a disk may hold after a cut is then made from the record (disk/power.py), for many moments of one run.
"""

import contextlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from tests.reliability.disk.contents import opened, problems
from tests.reliability.disk.power import Cut, Disk, is_kept
from tests.reliability.disk.record import Step, Teller, steps
from tests.reliability.disk.shim import KILL, Shim
from tests.reliability.storm import Storm
from tests.running import ROOT, Headrace, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SEED = 20_330_720
CUTS = 60
MOST_CHANGES = 100
PIPELINES = 16
STORM_SECONDS = 6
END_SECONDS = 60
ENVIRONMENT = {"HEADRACE_LOG_LEVEL": "ERROR", "HEADRACE_ACKNOWLEDGE_SECONDS": "3"}
Check = Callable[[Path, list[str]], list[str]]


def cuts(disk: Disk, done: list[Step], number: int, chance: random.Random, folder: Path, check: Check) -> list[str]:
    """Do the steps, cut the power after some of them, and return what is then not as it must be, by cut.

    What one of the later cuts leaves stays in `folder`.
    """
    moments = sorted(chance.sample(range(len(done)), number))
    stays, wrong = chance.choice(moments[number // 3 :]), []
    for at, step in enumerate(done):
        disk.do(step)
        if moments and moments[0] == at:
            moments.pop(0)
            cut, target = Cut(chance), folder / f"after-{at}"
            disk.write(target, cut)
            wrong += [f"after step {at}, {cut}: {problem}" for problem in check(target, disk.told)]
            if at != stays:
                shutil.rmtree(target)
    return wrong


class Promises:
    """Notes in the record what clients were told: each name, version, execution, result and object."""

    def __init__(self, record: Path) -> None:
        self.teller = Teller(record)

    def hear(self, client: Any) -> None:
        events = client.meta.events
        events.register("before-parameter-build.codepipeline", self._asked)
        events.register("after-call.codepipeline", self._told)

    def tell(self, *what: object) -> None:
        self.teller.tell(json.dumps(what))

    def _asked(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def _told(self, http_response: Any, parsed: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        if http_response.status_code != 200:
            return
        match model.name:
            case "CreatePipeline" | "UpdatePipeline":
                self.tell("version", parsed["pipeline"]["name"], parsed["pipeline"]["version"])
            case "StartPipelineExecution":
                self.tell("execution", parsed["pipelineExecutionId"])
            case "PutJobSuccessResult":
                self.tell("result", context["asked"]["jobId"])


def broken_promises(folder: Path, told: list[str]) -> list[str]:
    """Return what is not whole in a folder, and what was promised and is not there."""
    with opened(folder / "headrace.sqlite3") as database:
        wrong = problems(database)
        kept = {
            "version": rows(database, "SELECT name, v.version FROM pipelines_pipelineversion v "
                                      "JOIN pipelines_pipeline p ON p.id = v.pipeline_id"),
            "execution": rows(database, "SELECT id FROM executions_pipelineexecution"),
            "result": rows(database, "SELECT id FROM jobs_job WHERE state = 'Succeeded'"),
            "object": {(key, digest_of(folder / "artifacts" / "blobs" / blob))
                       for key, blob in rows(database, "SELECT key, blob FROM artifacts_storedobject")},
        }  # fmt: skip
    for kind, *promised in map(json.loads, told):
        as_kept = tuple(str(each).replace("-", "") if kind in {"execution", "result"} else each for each in promised)
        if as_kept not in kept[kind]:
            wrong.append(f"{kind} {promised} is gone")
    return wrong


def rows(database: sqlite3.Connection, query: str) -> set[tuple[Any, ...]]:
    return set(database.execute(query))


def digest_of(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest() if file.exists() else "no file"


class Recorded:
    """A Headrace whose every change of its data folder is recorded, and a storm on it."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.shim = Shim(folder, scratch, is_recording=True)
        self.headrace = Headrace(data=folder, environment=ENVIRONMENT)
        self.headrace.migrate()
        self.headrace.create_account()
        self.disk = Disk(folder)
        self.headrace.environment |= self.shim.environment
        self.promises = Promises(self.shim.record)

    def run(self) -> Storm:
        """Let pipelines be created, changed, started and done for a while, and objects be put."""
        with self.headrace:
            storm = Storm(self.headrace, PIPELINES)
            self.promises.hear(storm.api)
            work = [lambda: self._create(storm), lambda: self._put(storm), lambda: self._change(storm)]
            threads = [threading.Thread(target=target, daemon=True) for target in [*work, storm.work, storm.work]]
            for thread in threads:
                thread.start()
            time.sleep(STORM_SECONDS)
            storm.done.set()
            for thread in threads:
                thread.join(30)
        return storm

    def _create(self, storm: Storm) -> None:
        storm.create()
        storm.start_all()

    def _put(self, storm: Storm) -> None:
        s3 = self.headrace.s3(storm.account)
        for number in range(1000):
            if storm.done.is_set():
                return
            key, body = f"object/{number % 7}", random.Random(number).randbytes(20_000)
            s3.put_object(Bucket=storm.account["artifact_bucket"], Key=key, Body=body)
            self.promises.tell("object", key, sha256(body).hexdigest())

    def _change(self, storm: Storm) -> None:
        """Change pipelines as soon as they are there."""
        while not storm.done.wait(0.1):
            with contextlib.suppress(ClientError, BotoCoreError):
                changed = storm.api.get_pipeline(name=storm.names[0])["pipeline"]
                changed["variables"] = [{"name": f"At{time.monotonic_ns()}", "defaultValue": "now"}]
                storm.api.update_pipeline(pipeline=changed)


@pytest.fixture
def recorded(tmp_path_factory) -> Iterator[Recorded]:
    made = Recorded(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("scratch"))
    yield made
    made.promises.teller.close()
    made.headrace.close()


def test_flt_20_after_a_power_cut_all_that_was_promised_is_there_and_work_goes_on(recorded, tmp_path):
    """FLT-20: cuts at moments that a seed decides, each of which leaves another part of what was not synced."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    storm = recorded.run()
    done = list(steps(recorded.shim.record))
    assert cuts(recorded.disk, done, CUTS, chance, tmp_path, broken_promises) == []
    nothing_passed_the_shim(recorded, tmp_path / "all")
    kinds = {json.loads(told)[0] for told in recorded.disk.told}
    assert kinds == {"version", "execution", "result", "object"}
    print(f"{len(done)} changes, {len(recorded.disk.told)} promises")
    (left,) = tmp_path.glob("after-*")
    goes_on(storm, left)


def nothing_passed_the_shim(recorded: Recorded, target: Path) -> None:
    """If all of the record is left, the disk holds what the folder holds: every change was seen."""
    everything = Cut(random.Random(SEED))
    everything.share = 1
    recorded.disk.write(target, everything)
    folder = recorded.shim.folder
    assert files_of(target) == files_of(folder)


def files_of(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and is_kept(path.name)]
    return {str(path.relative_to(folder)): digest_of(path) for path in files}


def goes_on(storm: Storm, folder: Path) -> None:
    """Start on what a cut has left: what was under way comes to its end. Job workers outside have kept their power."""
    with opened(folder / "headrace.sqlite3") as database:
        held = [str(UUID(job)) for (job,) in rows(database, "SELECT id FROM jobs_job WHERE state = 'InProgress'")]
    with Headrace(data=folder, environment=ENVIRONMENT) as headrace:
        storm.headrace, storm.api = headrace, headrace.client(storm.account)
        there = {each["name"] for each in storm.api.list_pipelines()["pipelines"]}
        storm.names = [name for name in storm.names if name in there]
        storm.done.clear()
        for job in held:
            storm.api.put_job_success_result(jobId=job)
        worker = threading.Thread(target=storm.work, daemon=True)
        worker.start()
        try:
            until(lambda: not storm.going(), seconds=END_SECONDS, what="the end of what was under way")
            storm.start_all()
            until(lambda: not storm.going(), seconds=END_SECONDS, what="the end of what was started after the cut")
        finally:
            storm.done.set()
            worker.join(30)


@pytest.mark.parametrize(
    ("statements", "loses"),
    [
        pytest.param(settings.DATABASES["default"]["OPTIONS"].get("init_command", ""), False, id="the product's"),
        pytest.param("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", True, id="WAL and NORMAL"),
        pytest.param("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", True, id="DELETE and FULL"),
        pytest.param("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA", False, id="DELETE and EXTRA"),
        pytest.param("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF", True, id="WAL and OFF"),
    ],
)
def test_cuts_show_which_settings_keep_what_was_committed(tmp_path, statements, loses):
    """The model tells settings apart that real power cuts told apart, so it would see it if the product's were weak."""
    if not statements:
        pytest.skip("the product's settings are those of PostgreSQL here")
    folder, scratch = tmp_path / "data", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    shim, disk = Shim(folder, scratch, is_recording=True), Disk(folder)
    subprocess.run(
        [sys.executable, "-m", "tests.reliability.disk.writer", folder / "a.sqlite3", shim.record, "150"],
        cwd=ROOT, env={"PATH": "/usr/bin", **shim.environment}, check=True, text=True,
        input=f"{statements.strip().rstrip(';')}; PRAGMA wal_autocheckpoint=50",
    )  # fmt: skip
    wrong = cuts(disk, list(steps(shim.record)), CUTS, random.Random(SEED), tmp_path, lost_words)
    assert bool(wrong) is loses, wrong


def lost_words(folder: Path, told: list[str]) -> list[str]:
    if not (folder / "a.sqlite3").exists():
        return ["the file is gone"] if told else []
    try:
        with opened(folder / "a.sqlite3") as database:
            wrong = problems(database)
            numbers = {str(number) for (number,) in database.execute("SELECT number FROM words")} if told else set()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return wrong + [f"{number} is gone" for number in told if number not in numbers]


def test_flt_20_a_blob_is_safe_whoever_made_its_folders(tmp_path):
    """FLT-20: a process makes folders for its blob and is killed at each change in turn, another uses what it finds.

    Then the power is cut, and of what was not synced nothing is left.
    """
    first, second = "ab/cd/first", "ab/cd/second"
    for at in range(1, MOST_CHANGES):
        folder, scratch = tmp_path / f"data-{at}", tmp_path / f"scratch-{at}"
        folder.mkdir()
        scratch.mkdir()
        shim, disk = Shim(folder, scratch, is_recording=True), Disk(folder)
        shim.arm(KILL, at)
        was_killed = keep(shim, first) == -signal.SIGKILL
        shim.disarm()
        assert keep(shim, second) == 0
        for step in steps(shim.record):
            disk.do(step)
        cut, left = Cut(random.Random(SEED)), tmp_path / f"left-{at}"
        cut.share = 0
        disk.write(left, cut)
        assert disk.told == ([second] if was_killed else [first, second])
        for blob in disk.told:
            kept = left / "artifacts" / "blobs" / blob
            assert kept.exists(), f"the first was killed at change {at}"
            assert kept.read_bytes() == blob.encode() * 1000
        if not was_killed:
            break
    assert at > 10


def keep(shim: Shim, blob: str) -> int:
    command = [sys.executable, "-m", "tests.reliability.disk.keeper", str(shim.folder), str(shim.record), blob]
    return subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin", **shim.environment}).returncode
