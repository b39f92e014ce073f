"""The datagrams that carry rings on SQLite: what becomes of listeners that died, slept or never were."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import transaction

from apps.core import doorbell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not configured.ON_SQLITE, reason="PostgreSQL carries the rings itself"),
]
ALL = [("jobs", "again")]


@pytest.fixture
def run_dir(settings) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bell-") as folder:  # short, as the address of a socket must be
        settings.RUN_DIR = Path(folder)
        yield settings.RUN_DIR


@pytest.fixture
def bell(run_dir) -> Iterator[doorbell.Listener]:
    with doorbell.listen("jobs") as listener:
        yield listener


def test_the_socket_of_a_listener_that_died_is_cleared_away(bell, run_dir):
    dead = doorbell.SocketListener(["jobs"])
    for receiver in dead.sockets:
        receiver.close()  # as the kernel does for a killed process: the file stays
    assert len(os.listdir(run_dir / "jobs")) == 2
    doorbell.ring("jobs", "again")
    assert bell.wait(5) == ALL
    assert len(os.listdir(run_dir / "jobs")) == 1


def test_a_listener_leaves_no_socket_behind(run_dir):
    with doorbell.listen("jobs", "events"):
        assert os.listdir(run_dir / "jobs")
    assert os.listdir(run_dir / "jobs") == os.listdir(run_dir / "events") == []


def test_a_listener_that_sleeps_holds_nobody_up(bell):
    started = time.monotonic()
    for _ in range(2_000):
        doorbell.ring("jobs", "again")
    assert time.monotonic() - started < 10
    assert set(bell.wait(5)) == set(ALL)


def test_every_listener_of_a_channel_hears(bell):
    with doorbell.listen("events", "jobs") as other:
        doorbell.ring("jobs", "again")
        assert bell.wait(5) == other.wait(5) == ALL


def test_ringing_here_does_not_wait_for_a_commit(bell):
    with transaction.atomic():
        doorbell.ring_here("jobs")
        assert bell.wait(5) == [("jobs", "")]


def test_a_payload_that_is_too_long_is_cut_rather_than_refused(bell):
    doorbell.ring("jobs", "x" * 10_000)
    assert bell.wait(5) == [("jobs", "x" * doorbell.PAYLOAD_BYTES)]


def test_nobody_else_on_the_machine_may_ring(bell, run_dir):
    assert (run_dir / "jobs").stat().st_mode & 0o777 == 0o700
