"""The Commands provider, in a child, in the real sandbox."""

import os
import threading
import zipfile

import pytest

from apps.actions.host import Cancelled, ChildPool, Finished, InputFile, OutputFile, StepOrder, TimedOut
from headrace_sdk import Failed, Succeeded

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def pool():
    pool = ChildPool(1, modules=["plugins.commands.plugin"])
    yield pool
    pool.close()


@pytest.fixture
def run(pool, tmp_path):
    def run_commands(*commands, log=None, cancelled=lambda: False, deadline_seconds=60.0, **fields):
        source = tmp_path / "in.zip"
        with zipfile.ZipFile(source, "w") as packed:
            packed.writestr("a.txt", "hello")
        order = StepOrder(
            action_type="Compute/AWS/Commands/1",
            step="start",
            token="t1",
            account_id="111122223333",
            workspace=str(tmp_path / "work"),
            commands=commands,
            inputs=(InputFile("Source", str(source)),),
            sandbox={"allow_uncapped": True, **fields.pop("sandbox", {})},
            **fields,
        )
        take = (lambda data: None) if log is None else log.append
        return pool.run(order, on_log=take, cancelled=cancelled, deadline_seconds=deadline_seconds)

    return run_commands


def test_commands_build_an_artifact_and_set_variables(run, tmp_path):
    log = []
    output = OutputFile("Out", str(tmp_path / "out.zip"), ("dist/*",))
    commands = ("mkdir dist", "cat a.txt > dist/b.txt", "export VERSION=1.2", 'echo "$GREETING"')
    outcome = run(
        *commands, log=log, outputs=(output,), output_variable_names=("VERSION",), environment={"GREETING": "hi there"}
    )
    assert outcome == Finished(Succeeded("4 commands succeeded.", output_variables={"VERSION": "1.2"}), ("Out",))
    assert b"".join(log).endswith(b'$ echo "$GREETING"\nhi there\n')
    assert zipfile.ZipFile(tmp_path / "out.zip").read("dist/b.txt") == b"hello"


def test_a_failing_command_is_named(run):
    outcome = run("true", "test -e /etc/shadow", "true")
    assert outcome.result == Failed("Command 2 of 3 failed with exit code 1: test -e /etc/shadow")


def test_a_command_that_takes_too_much_memory_is_named_with_its_limit(run):
    outcome = run("true", "python3 -c 'x = bytearray(900 * 1024 * 1024)'")
    assert isinstance(outcome.result, Failed)
    assert outcome.result.message.startswith("Command 2 of 2 ")


def test_a_cancelled_command_is_ended_and_nothing_of_it_is_left(run, tmp_path):
    started = threading.Event()

    def note(data):
        started.set()

    log = type("Log", (), {"append": staticmethod(note)})
    outcome = run("echo started; exec sleep 4242", log=log, cancelled=started.is_set)
    assert outcome == Cancelled()
    assert not any("4242" in line for line in command_lines())


def test_a_command_at_the_deadline_is_ended(run):
    assert run("exec sleep 4343", deadline_seconds=1) == TimedOut(1)
    assert not any("4343" in line for line in command_lines())


def test_without_isolation_the_action_is_refused_with_what_is_missing(run):
    outcome = run("true", sandbox={"options": {"bubblewrap": None, "engine": None}})
    assert outcome.result.code == "SystemUnavailable"
    assert "bubblewrap" in outcome.result.message


def command_lines():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                yield file.read()
        except OSError:
            continue  # it ended meanwhile
