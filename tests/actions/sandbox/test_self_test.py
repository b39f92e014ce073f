import tempfile
import time
from pathlib import Path

import pytest

from apps.actions.sandbox import Options, Tier, choose, self_test
from apps.actions.sandbox.self_test import ALL_GONE, CPU, DAEMON_GONE, DISK, INSIDE, MEMORY, PROCESSES
from tests.actions.sandbox.boxes import bubblewrap

EVERY = {*INSIDE, DAEMON_GONE, ALL_GONE, MEMORY, PROCESSES, CPU, DISK}


def test_there_are_fourteen_probes():
    assert len(EVERY) == 14


def test_a_tier_that_does_not_start_fails_every_probe_and_says_why():
    probes = self_test(Tier.BUBBLEWRAP, Options(bubblewrap=None))
    assert {probe.name for probe in probes} == EVERY
    assert not any(probe.passed for probe in probes)
    assert any("Install the Debian package bubblewrap" in probe.detail for probe in probes)


@pytest.mark.parametrize("name", ["no route out", "host secret file absent"])
def test_running_plainly_is_seen_through(name):
    found = {probe.name: probe.passed for probe in self_test(Tier.PLAIN)}
    assert found[name] is False
    assert found[DAEMON_GONE]
    assert found[ALL_GONE]


@pytest.mark.sandbox
def test_bubblewrap_holds_in_every_probe_within_seconds():
    bubblewrap()
    started = time.monotonic()
    probes = self_test(Tier.BUBBLEWRAP)
    assert [(probe.name, probe.detail) for probe in probes if not probe.passed] == []
    assert {probe.name for probe in probes} == EVERY
    assert time.monotonic() - started < 10


@pytest.mark.sandbox
def test_it_leaves_no_mount_and_no_folder():
    bubblewrap()
    before = leftovers()
    self_test(Tier.BUBBLEWRAP)
    assert leftovers() <= before


@pytest.mark.sandbox
def test_bubblewrap_is_chosen_where_it_holds():
    bubblewrap()
    assert choose().tier is choose(quick=True).tier is Tier.BUBBLEWRAP


@pytest.mark.sandbox
def test_without_control_groups_only_the_limits_over_processes_are_open():
    bubblewrap()
    failed = {probe.name for probe in self_test(Tier.UNCAPPED) if not probe.passed}
    assert failed <= {MEMORY, PROCESSES, CPU}


def leftovers():
    """Return the mounts and folders that probes have in use or have left."""
    mounts = {
        line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if "headrace-probe" in line
    }
    folders = {str(path) for path in Path(tempfile.gettempdir()).glob("headrace-probe-*")}
    return mounts | folders
