"""Limits over all processes of a command in bubblewrap."""

import time

import pytest

from apps.actions.sandbox import Limits
from tests.actions.sandbox.boxes import MIB, bubblewrap, python, shell

pytestmark = pytest.mark.sandbox
SMALL = Limits(memory_bytes=256 * MIB, processes=64, wall_seconds=20)


@pytest.fixture(scope="module")
def box():
    return bubblewrap()


def test_one_process_gets_no_more_memory(box, tmp_path):
    ran = python(box, "x = bytearray(1 << 30)", work_dir=tmp_path, limits=SMALL)
    assert ran.ended.reason == "memory limit"
    assert "256 MiB" in ran.ended.message
    assert ran.ended.peak_memory_bytes <= 256 * MIB


def test_children_get_no_more_together_although_the_shell_ends_with_0(box, tmp_path):
    script = "for n in 1 2 3 4 5 6 7 8; do python3 -c 'x = bytearray(100 << 20)' & done; wait; exit 0"
    ran = shell(box, script, work_dir=tmp_path, limits=SMALL)
    assert ran.ended.reason == "memory limit"
    assert not ran.ended.succeeded


def test_files_in_memory_count(box, tmp_path):
    limits = Limits(memory_bytes=32 * MIB, wall_seconds=20)
    ran = shell(box, "head -c 60M /dev/zero > /tmp/big", work_dir=tmp_path, limits=limits)
    assert ran.ended.reason == "memory limit"


def test_a_fork_bomb_stays_at_its_limit(box, tmp_path):
    program = "import os, time\nwhile True: os.fork() or time.sleep(20)"
    started = time.monotonic()
    ran = python(box, program, work_dir=tmp_path, limits=SMALL)
    assert ran.ended.reason == "process limit"
    assert time.monotonic() - started < 5


def test_half_a_core_is_half_a_core(box, tmp_path):
    program = "import os, time\nos.fork()\nuntil = time.monotonic() + 2\nwhile time.monotonic() < until: pass"
    ran = python(box, program, work_dir=tmp_path, limits=Limits(cpu_share=50))
    assert ran.ended.succeeded
    assert ran.ended.cpu_seconds <= 1.3


def test_the_work_folder_has_no_more_bytes(box, tmp_path):
    limits = Limits(disk_bytes=8 * MIB, inodes=1000, wall_seconds=20)
    script = "for n in 1 2 3 4 5 6; do head -c 3M /dev/zero > $n || exit 1; done; sleep 3"
    with box.work_folder(tmp_path, limits) as work_dir:
        ran = shell(box, script, work_dir=work_dir, limits=limits)
    assert ran.ended.reason == "disk limit"
    assert list(tmp_path.iterdir()) == []


def test_the_work_folder_has_no_more_files(box, tmp_path):
    limits = Limits(disk_bytes=64 * MIB, inodes=500, wall_seconds=20)
    with box.work_folder(tmp_path, limits) as work_dir:
        program = "import time\nfor n in range(2000): open(str(n), 'w').close()\ntime.sleep(3)"
        ran = python(box, program, work_dir=work_dir, limits=limits)
    assert ran.ended.reason == "disk limit"


def test_a_gigabyte_of_output_neither_stalls_nor_fills_anything(box, tmp_path):
    started = time.monotonic()
    ran = shell(box, "head -c 1000000000 /dev/zero; echo done > /w/done", work_dir=tmp_path)
    assert ran.ended.succeeded
    assert ran.ended.output_cut
    assert len(ran.output) < 4 * MIB + 100
    assert (tmp_path / "done").exists()
    assert time.monotonic() - started < 30


def test_a_command_may_not_take_longer(box, tmp_path):
    limits = Limits(wall_seconds=0.3, grace_seconds=1)
    ran = shell(box, "trap 'echo tidy; exit 1' TERM; sleep 60 & wait", work_dir=tmp_path, limits=limits)
    assert (ran.ended.reason, ran.ended.exit_code, ran.output) == ("time limit", None, "tidy\n")


def test_one_that_does_not_listen_is_killed(box, tmp_path):
    limits = Limits(wall_seconds=0.3, grace_seconds=0.2)
    ran = shell(box, "trap '' TERM; while :; do sleep 1; done", work_dir=tmp_path, limits=limits)
    assert ran.ended.reason == "time limit"
    assert ran.ended.wall_seconds < 2


def test_what_was_used_is_told(box, tmp_path):
    ran = python(box, "x = bytearray(50 << 20)\nfor _ in range(2_000_000): pass", work_dir=tmp_path)
    assert 50 * MIB < ran.ended.peak_memory_bytes < 100 * MIB
    assert 0.01 < ran.ended.cpu_seconds < 5
