"""The tier without isolation. It needs nothing but Python, and carries the tests of what all tiers share."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.actions.sandbox import Command, Limits, Sandbox, Tier
from apps.actions.sandbox.probing import processes_with
from tests.actions.sandbox.boxes import MIB, python, run, shell, soon

PLAIN = Sandbox(Tier.PLAIN)
DAEMONS = "setsid nohup sleep 60.{0} >/dev/null 2>&1 & (sleep 60.{0} &) ; sleep 60.{0} & "


@pytest.fixture
def marker():
    return f"{time.monotonic_ns()}"


def test_output_and_exit_code_come_back(tmp_path):
    ran = shell(PLAIN, "echo out; echo err >&2; exit 3", work_dir=tmp_path)
    assert sorted(ran.output.split()) == ["err", "out"]
    assert (ran.ended.exit_code, ran.ended.reason) == (3, "")
    assert ran.ended.message == "The command ended with exit code 3."


def test_a_command_sees_its_own_environment_only(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
    ran = run(PLAIN, "/usr/bin/env", work_dir=tmp_path, environment={"CI": "1"})
    names = {line.partition("=")[0] for line in ran.output.splitlines()}
    assert names == {"CI", "PATH", "HOME", "LANG"}


def test_paths_inside_become_paths_of_the_machine(tmp_path):
    (tmp_path / "tools").mkdir()
    work = tmp_path / "w"
    work.mkdir()
    ran = run(
        PLAIN,
        *("/usr/bin/env", "/bin/sh", "-c", 'echo "$PATH"; cat "$KEY"; echo "$1" "$2"', "sh", "/w/x", "/opt/ruffian"),
        work_dir=work,
        environment={"PATH": "/opt/ruff:/usr/bin:/bin", "KEY": "/run/secrets/key"},
        read_only=((tmp_path / "tools", "/opt/ruff"),),
        secrets={"key": b"hidden\n"},
    )
    assert ran.output == f"{tmp_path}/tools:/usr/bin:/bin\nhidden\n{work}/x /opt/ruffian\n"


def test_secrets_are_gone_afterwards(tmp_path):
    ran = shell(PLAIN, 'echo "$KEY"', work_dir=tmp_path, environment={"KEY": "/run/secrets/k"}, secrets={"k": b"x"})
    assert not Path(ran.output.strip()).parent.exists()


def test_a_program_that_does_not_exist_is_named(tmp_path):
    ran = run(PLAIN, "no-such-program", work_dir=tmp_path)
    assert ran.ended.exit_code == 127
    assert "no-such-program: No such file" in ran.output


def test_a_command_killed_by_a_signal_has_its_number(tmp_path):
    assert shell(PLAIN, "kill -9 $$", work_dir=tmp_path).ended.exit_code == 137


def test_what_a_command_leaves_running_is_ended_with_it(tmp_path, marker):
    assert shell(PLAIN, DAEMONS.format(marker), work_dir=tmp_path).ended.succeeded
    assert processes_with(f"sleep\x0060.{marker}") == []


def test_nothing_is_left_when_the_runner_is_killed(tmp_path, marker):
    program = (
        "import os, sys, pathlib\n"
        "from apps.actions.sandbox import Command, Sandbox, Tier\n"
        "command = Command(('/bin/sh', '-c', sys.argv[2] + 'echo up; wait'), pathlib.Path(sys.argv[1]))\n"
        "Sandbox(Tier.PLAIN).run(command, lambda chunk: os.write(1, chunk))\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path), DAEMONS.format(marker)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as runner:
        assert runner.stdout.readline() == b"up\n"
        all_there = soon(lambda: len(processes_with(f"sleep\x0060.{marker}")) == 3)
        runner.send_signal(signal.SIGKILL)
    assert all_there
    assert soon(lambda: not processes_with(f"60.{marker}"))


def test_a_cancelled_command_may_tidy_up(tmp_path):
    ran = shell(PLAIN, "trap 'echo tidy; exit 0' TERM; sleep 60 & wait", work_dir=tmp_path, cancelled=after(0.3))
    assert (ran.ended.exit_code, ran.ended.reason, ran.output) == (None, "cancelled", "tidy\n")
    assert ran.ended.wall_seconds < 2


def test_one_that_does_not_listen_is_killed_after_the_grace(tmp_path):
    limits = Limits(wall_seconds=0.3, grace_seconds=0.3)
    ran = shell(PLAIN, "trap '' TERM; while :; do sleep 0.05; done", work_dir=tmp_path, limits=limits)
    assert ran.ended.reason == "time limit"
    assert 0.6 <= ran.ended.wall_seconds < 3


def test_output_beyond_the_limit_is_cut_and_the_command_goes_on(tmp_path):
    program = "import os\nfor _ in range(64): os.write(1, bytes(1 << 20))\nopen('done', 'w')"
    ran = python(PLAIN, program, work_dir=tmp_path, limits=Limits(output_bytes=MIB))
    assert ran.ended.succeeded
    assert ran.ended.output_cut
    assert len(ran.output) == MIB + len("\n[log cut at 1 MiB]\n")
    assert ran.output.endswith("\n[log cut at 1 MiB]\n")
    assert (tmp_path / "done").exists()


def test_output_beyond_the_limit_ends_the_command_where_that_is_asked_for(tmp_path):
    limits = Limits(output_bytes=1000, output_ends=True, wall_seconds=30)
    assert run(PLAIN, "/usr/bin/yes", work_dir=tmp_path, limits=limits).ended.reason == "output limit"


@pytest.mark.parametrize(
    "script", ["exec head -c 5000000 /dev/zero > big", "python3 -c 'open(1, \"wb\").write(bytes(5 << 20))' > big"]
)
def test_a_file_beyond_the_disk_limit_fails_the_command(tmp_path, script):
    ran = shell(PLAIN, script, work_dir=tmp_path, limits=Limits(disk_bytes=MIB))
    assert ran.ended.reason == "disk limit"
    assert (tmp_path / "big").stat().st_size == MIB


def test_many_files_beyond_it_end_the_command(tmp_path):
    program = "import time\nfor n in range(50): open(str(n), 'w').write('x' * 100_000)\ntime.sleep(30)"
    ran = python(PLAIN, program, work_dir=tmp_path, limits=Limits(disk_bytes=2 * MIB))
    assert ran.ended.reason == "disk limit"
    assert ran.ended.wall_seconds < 5


def test_memory_over_several_processes_is_counted(tmp_path):
    program = "import os, time\nfor _ in range(4): os.fork()\nx = bytearray(20 << 20)\ntime.sleep(30)"
    ran = python(PLAIN, program, work_dir=tmp_path, limits=Limits(memory_bytes=100 * MIB))
    assert ran.ended.reason == "memory limit"
    assert ran.ended.peak_memory_bytes > 100 * MIB


def test_processes_are_counted(tmp_path):
    program = "import os, time\nfor _ in range(5): os.fork()\ntime.sleep(30)"
    assert python(PLAIN, program, work_dir=tmp_path, limits=Limits(processes=20)).ended.reason == "process limit"


def test_an_error_of_the_listener_ends_the_command(tmp_path, marker):
    def refuse(chunk):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        PLAIN.run(command_of(f"echo; sleep 60.{marker}", tmp_path), refuse)
    assert processes_with(f"sleep\x0060.{marker}") == []


def test_no_descriptor_is_left_open(tmp_path):
    shell(PLAIN, "true", work_dir=tmp_path)
    before = os.listdir("/proc/self/fd")
    shell(PLAIN, "true", work_dir=tmp_path)
    assert os.listdir("/proc/self/fd") == before


def after(seconds):
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def command_of(script, work_dir):
    return Command(("/bin/sh", "-c", script), work_dir)
