"""Nothing outlives its run: no process, control group, mount or folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.actions.sandbox import Command, Limits, Options, SandboxBroken, sweep
from apps.actions.sandbox.bubblewrap_launch import STAGE_PREFIX, STAGES
from apps.actions.sandbox.cgroup_kinds import make_group
from apps.actions.sandbox.cgroups import PARENT, Mounts, remove
from apps.actions.sandbox.owner import new_tag
from apps.actions.sandbox.probing import processes_with
from apps.actions.sandbox.runner import Sandbox
from tests.actions.sandbox.boxes import bubblewrap, shell, soon

pytestmark = pytest.mark.sandbox
DAEMONS = "setsid nohup sleep 60.{0} >/dev/null 2>&1 & (sleep 60.{0} &) ; sleep 60.{0} & "
RUNNER = """import os, sys, pathlib
from apps.actions.sandbox import Command, Sandbox, Tier
command = Command(("/bin/sh", "-c", sys.argv[2]), pathlib.Path(sys.argv[1]))
Sandbox(Tier.BUBBLEWRAP).run(command, lambda chunk: os.write(1, chunk))"""
DEAD_TAG = "4194303-1-abc"


@pytest.fixture(scope="module")
def box():
    return bubblewrap()


@pytest.fixture
def marker():
    return f"{time.monotonic_ns()}"


def groups_of(pid):
    mounts = Mounts.read()
    tops = [*mounts.version_1.values(), *([mounts.version_2] if mounts.version_2 else [])]
    return [group for top, _ in tops for group in (top / PARENT).glob(f"{pid}-*")]


def stages_of(pid):
    return list(STAGES.glob(f"{STAGE_PREFIX}{pid}-*"))


def mounts_below(folder):
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]


def test_daemons_are_ended_with_their_command(box, tmp_path, marker):
    assert shell(box, DAEMONS.format(marker), work_dir=tmp_path).ended.succeeded
    assert processes_with(f"60.{marker}") == []


def test_a_run_leaves_no_group_stage_mount_or_descriptor(box, tmp_path):
    before = os.listdir("/proc/self/fd")
    with box.work_folder(tmp_path, Limits()) as work_dir:
        shell(box, "true", work_dir=work_dir)
    assert groups_of(os.getpid()) == stages_of(os.getpid()) == mounts_below(tmp_path) == []
    assert os.listdir("/proc/self/fd") == before


def test_an_error_of_the_listener_leaves_nothing_either(box, tmp_path, marker):
    def refuse(chunk):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        box.run(Command(("/bin/sh", "-c", DAEMONS.format(marker) + "echo; wait"), tmp_path), refuse)
    assert processes_with(f"60.{marker}") == groups_of(os.getpid()) == stages_of(os.getpid()) == []


def test_a_sandbox_that_does_not_start_says_why_and_leaves_nothing(tmp_path):
    with pytest.raises(SandboxBroken, match="unrecognized option"):
        Sandbox(bubblewrap().tier, Options(bubblewrap="/bin/ls")).run(Command(("true",), tmp_path), lambda _: None)
    assert groups_of(os.getpid()) == stages_of(os.getpid()) == []


def test_all_is_gone_when_the_runner_is_killed(box, tmp_path, marker):
    words = [sys.executable, "-c", RUNNER, str(tmp_path), DAEMONS.format(marker) + "echo up; wait"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as runner:
        assert runner.stdout.readline() == b"up\n"
        all_there = soon(lambda: len(processes_with(f"sleep\x0060.{marker}")) == 3)
        runner.send_signal(signal.SIGKILL)
    assert all_there
    assert soon(lambda: not processes_with(f"60.{marker}"), seconds=1)
    assert groups_of(runner.pid)
    sweep(Options())
    assert groups_of(runner.pid) == stages_of(runner.pid) == []


@pytest.mark.parametrize("milliseconds", range(60, 200, 10))
def test_it_does_not_matter_when_the_runner_is_killed(box, tmp_path, marker, milliseconds):
    words = [sys.executable, "-c", RUNNER, str(tmp_path), f"touch started; sleep 60.{marker}"]
    with subprocess.Popen(words) as runner:
        time.sleep(milliseconds / 1000)
        runner.send_signal(signal.SIGKILL)
    assert soon(lambda: not processes_with(f"60.{marker}"))
    sweep(Options())


def test_the_sweep_leaves_groups_that_are_in_use(box):
    ours, dead = make_group(new_tag(), Limits()), make_group(DEAD_TAG, Limits())
    try:
        assert sweep(Options()) >= 1
        assert all(folder.is_dir() for folder in ours.folders)
        assert not any(folder.is_dir() for folder in dead.folders)
    finally:
        remove(ours.folders)


def test_the_sweep_unmounts_and_removes_work_folders(box, tmp_path):
    program = """import sys, os, signal, pathlib
from apps.actions.sandbox import Limits, Sandbox, Tier
with Sandbox(Tier.BUBBLEWRAP).work_folder(pathlib.Path(sys.argv[1]), Limits()):
    os.kill(os.getpid(), signal.SIGKILL)"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert list(tmp_path.iterdir())
    sweep(Options(), tmp_path)
    assert list(tmp_path.iterdir()) == mounts_below(tmp_path) == []
