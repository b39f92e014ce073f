import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from apps.actions.host import (
    Cancelled,
    ChildPool,
    Crashed,
    Finished,
    InputFile,
    OutputFile,
    StepOrder,
    TimedOut,
)
from apps.actions.host.codec import running_to_json
from headrace_sdk import Failed, Revision, Running, Succeeded

PLUGIN = "tests.actions.host.rogue_plugin"
ROOT = Path(__file__).parents[3]
SECRET = "hunter2-7c1f9e"


@pytest.fixture(scope="module")
def pool():
    pool = ChildPool(2, modules=[PLUGIN], grace_seconds=0.5)
    pool.warm()
    yield pool
    pool.close()


@pytest.fixture
def run(pool, tmp_path):
    """A function that runs one step in the given mode and returns its outcome."""

    def run_mode(mode, *, deadline_seconds=10.0, cancelled=lambda: False, on_log=lambda data: None, **fields):
        order = make_order(tmp_path, mode, **fields)
        return pool.run(order, on_log=on_log, deadline_seconds=deadline_seconds, cancelled=cancelled)

    return run_mode


def make_order(folder, mode, **fields):
    plain = {"action_type": "Invoke/ThirdParty/Rogue/1", "step": "start", "token": "t1", "account_id": "111122223333"}
    configuration = {"Mode": mode, **fields.pop("configuration", {})}
    return StepOrder(**{**plain, "workspace": str(folder / "work"), "configuration": configuration, **fields})


def pid_of(outcome):
    return outcome.result.output_variables["pid"]


def is_alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def gone_soon(pid):
    due = time.monotonic() + 3
    while is_alive(pid) and time.monotonic() < due:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_step_succeeds_and_the_child_is_used_again(pool, tmp_path):
    with pool.child() as child:
        for _ in range(3):
            outcome = child.run(make_order(tmp_path, "succeed"), on_log=print, deadline_seconds=5)
            assert outcome == Finished(Succeeded("done"))
        assert not child.spent


def test_a_running_action_is_polled_in_another_child_with_its_state(run):
    first = run("run").result
    assert first == Running(external_id="7", state={"step": 1, "list": [1, None, "é"]})
    later = run("succeed", step="poll", running=running_to_json(first)).result
    assert later.summary == "7 {'step': 1, 'list': [1, None, 'é']}"


def test_the_latest_revision_and_abandoning_are_steps_too(run, tmp_path):
    assert run("succeed", step="latest_revision").result == Revision("r1")
    assert run("succeed", step="abandon", running={"external_id": "7"}) == Finished(None)
    assert (tmp_path / "work" / "abandoned").read_text() == "7"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("exit", "ended its own process with code 3"),
        ("segfault", "was killed by signal SIGSEGV"),
        ("kill", "was killed by signal SIGKILL"),
        ("out of turn", "something that is no result"),
    ],
)
def test_a_child_that_dies_or_babbles_is_reported_and_replaced(run, mode, words):
    outcome = run(mode)
    assert isinstance(outcome, Crashed)
    assert words in outcome.message
    assert run("succeed") == Finished(Succeeded("done"))


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("system exit", "SystemExit: 4"),
        ("text", "returned str; it must return"),
        ("wrong field", "returned summary as int"),
        ("huge variables", "output variables of 100000001 bytes"),
        ("huge state", "returned a state of"),
        ("state with an object", "state that is not JSON"),
        ("endless recursion", "RecursionError"),
        ("disk full", "disk is full"),
    ],
)
def test_a_provider_that_answers_nonsense_fails_its_action_only(run, mode, words):
    outcome = run(mode)
    assert isinstance(outcome, Finished)
    assert isinstance(outcome.result, Failed)
    assert words in outcome.result.message
    assert run("succeed") == Finished(Succeeded("done"))


def test_a_full_disk_is_the_systems_failure(run):
    assert run("disk full").result.code == "SystemUnavailable"


def test_a_huge_summary_is_cut(run):
    assert len(run("huge summary").result.summary) == 2048


def test_ctrl_c_is_not_the_providers_business(run):
    assert run("interrupt") == Finished(Succeeded("was not interrupted"))


@pytest.mark.parametrize("mode", ["hang", "block"])
def test_a_step_that_hangs_is_killed_soon_after_its_deadline(run, mode):
    started = time.monotonic()
    assert run(mode, deadline_seconds=0.3) == TimedOut(0.3)
    assert time.monotonic() - started < 2
    assert run("succeed") == Finished(Succeeded("done"))


def test_a_step_nobody_waits_for_is_ended(run):
    started = time.monotonic()
    assert run("hang", cancelled=lambda: time.monotonic() > started + 0.2) == Cancelled()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("mode", ["daemon, exit", "daemon, succeed"])
def test_what_a_provider_leaves_running_is_ended(run, tmp_path, mode):
    run(mode)
    assert gone_soon((tmp_path / "work" / "daemon").read_text().strip())


def test_a_child_has_no_secrets_no_database_and_no_connection_but_its_own(run, monkeypatch):
    monkeypatch.setenv("HEADRACE_SECRET_KEY", "secret")
    seen = run("look").result.output_variables
    assert set(seen["environment"].split()) <= {"LANG", "LC_CTYPE", "PATH"}
    opened = [each.partition(":")[0] for each in seen["descriptors"].split()]
    assert sorted(opened) == ["/dev/null"] * 3 + ["socket"]
    assert seen["django"] == "False"
    assert seen["threads"] == "1"


def test_the_log_arrives_whole_and_in_order(run):
    parts = []
    assert run("flood", on_log=parts.append) == Finished(Succeeded())
    assert sum(map(len, parts)) == 300 * 65536
    assert max(map(len, parts)) <= 65536


def test_what_is_printed_goes_to_the_log(run):
    parts = []
    run("print", on_log=parts.append)
    assert b"".join(parts) == b"printed\n"


def test_progress_is_told_while_the_step_goes_on(pool, tmp_path):
    told = []
    order = make_order(tmp_path, "progress")
    pool.run(order, on_log=print, on_progress=told.append, deadline_seconds=5)
    assert told == [{"summary": "half", "percent_complete": 50}]


def test_a_secret_is_in_no_message_and_no_traceback(run):
    parts = []
    failed = run("secret", secrets=(SECRET,), on_log=parts.append).result
    assert failed.message.endswith("ValueError: the password *** is wrong. See the log.")
    assert b"raise_with_secret" in b"".join(parts)
    assert SECRET.encode() not in b"".join(parts)


def test_a_log_that_cannot_be_stored_ends_the_child_and_tells_the_caller(pool, tmp_path):
    def full(data):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        pool.run(make_order(tmp_path, "print"), on_log=full, deadline_seconds=5)
    assert pool.run(make_order(tmp_path, "succeed"), on_log=print, deadline_seconds=5) == Finished(Succeeded("done"))


def test_artifacts_are_checked_unpacked_and_packed(run, tmp_path):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "a")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    file = InputFile("Source", str(path), digest, path.stat().st_size)
    output = OutputFile("Out", str(tmp_path / "stored" / "out.zip"))
    assert run("extract", inputs=(file,), outputs=(output,)) == Finished(Succeeded("a.txt"), ("Out",))
    assert zipfile.ZipFile(tmp_path / "stored" / "out.zip").read("a.txt") == b"a"
    assert [each.name for each in (tmp_path / "stored").iterdir()] == ["out.zip"]


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size": 3}, {"path": "missing.zip"}])
def test_an_artifact_that_is_not_what_was_stored_is_refused(run, tmp_path, wrong):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "a")
    file = dataclasses.replace(InputFile("Source", str(path)), **wrong)
    assert "'Source'" in run("extract", inputs=(file,)).result.message


def test_an_action_type_nobody_adds_fails_clearly(run):
    failed = run("succeed", action_type="Build/ThirdParty/None/1").result
    assert failed.message == "No plugin here does Build/ThirdParty/None/1."


def test_a_child_that_grew_large_leaves_after_its_answer(run):
    first = run("leak")
    assert first.result.output_variables["pid"]
    assert gone_soon(pid_of(first))


def test_a_child_that_died_while_idle_is_not_given_work(pool, run):
    pids = {pid_of(run("look")) for _ in range(4)}
    for pid in pids:
        os.kill(int(pid), signal.SIGKILL)
    assert all(gone_soon(pid) for pid in pids)
    assert run("succeed") == Finished(Succeeded("done"))


def test_a_nursery_that_died_is_started_again(tmp_path):
    pool = ChildPool(1, modules=[PLUGIN])
    try:
        child_pid = pid_of(pool.run(make_order(tmp_path, "look"), on_log=print, deadline_seconds=5))
        os.kill(pool._nursery._process.pid, signal.SIGKILL)
        assert gone_soon(child_pid)
        outcome = pool.run(make_order(tmp_path, "succeed"), on_log=print, deadline_seconds=5)
        assert outcome == Finished(Succeeded("done"))
    finally:
        pool.close()


def test_many_threads_share_the_children(run):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(run("sleep"))) for _ in range(6)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Finished(Succeeded())] * 6
    assert 0.85 < time.monotonic() - started < 2.5  # two at once, three rounds


def test_killing_the_worker_ends_its_children(tmp_path):
    script = (
        "import sys; from tests.actions.host.test_pool import *\n"
        f"pool = ChildPool(1, modules=[PLUGIN]); order = make_order(Path({str(tmp_path)!r}), 'look')\n"
        "print(pid_of(pool.run(order, on_log=print, deadline_seconds=5)), pool._nursery._process.pid, flush=True)\n"
        f"pool.run(make_order(Path({str(tmp_path)!r}), 'block'), on_log=print, deadline_seconds=60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins" / "sdk")])}
    worker = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    child, nursery = worker.stdout.readline().split()
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert gone_soon(child)
    assert gone_soon(nursery)


def test_a_start_that_died_after_its_effect_is_repeated_with_the_same_token(run, tmp_path):
    file = {"File": str(tmp_path / "starts")}
    assert isinstance(run("count", configuration={**file, "Then": "exit"}), Crashed)
    run("count", configuration=file)
    assert (tmp_path / "starts").read_text() == "t1\nt1\n"


def test_a_step_that_does_nothing_costs_less_than_three_milliseconds(run):
    times = []
    for _ in range(100):
        started = time.perf_counter()
        run("succeed")
        times.append(time.perf_counter() - started)
    assert sorted(times)[50] < 0.003


def test_closing_ends_every_process(tmp_path):
    pool = ChildPool(2, modules=[PLUGIN])
    pool.warm()
    pid = pid_of(pool.run(make_order(tmp_path, "look"), on_log=print, deadline_seconds=5))
    nursery = pool._nursery._process.pid
    pool.close()
    assert gone_soon(pid)
    assert gone_soon(nursery)


def test_an_order_survives_json():
    order = make_order(Path("/tmp"), "x", inputs=(InputFile("a", "b"),), outputs=(OutputFile("c", "d", ("*",)),))
    assert StepOrder.from_json(order.to_json()) == order


def test_an_artifact_that_could_not_be_packed_leaves_nothing(run, tmp_path):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "a")
    output = OutputFile("Out", str(tmp_path / "stored" / "out.zip"), ("dist/*",))
    outcome = run("extract", inputs=(InputFile("Source", str(path)),), outputs=(output,))
    assert outcome == Finished(Failed("No file matches dist/*."))
    assert list((tmp_path / "stored").iterdir()) == []
