"""Rings reach other processes after the commit, and a lost or dead listener hurts nobody.

The same tests run on whichever database the settings name: datagrams on SQLite, notifications on PostgreSQL.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection, transaction

from apps.core import doorbell

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 10.0
SILENCE_SECONDS = 0.2
only_datagrams = pytest.mark.skipif(
    not configured.ON_SQLITE, reason="there are no sockets where PostgreSQL carries the rings"
)


@pytest.fixture(autouse=True)
def run_dir(settings) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bell-") as folder:  # short, as an address must be
        settings.RUN_DIR = Path(folder)
        yield settings.RUN_DIR


@pytest.fixture
def bell() -> Iterator[doorbell.Listener]:
    with doorbell.listen("jobs") as listener:
        listener.wait(0)  # a listener of notifications connects when it waits first
        yield listener


def hear(listener: doorbell.Listener, *, seconds: float = PATIENCE_SECONDS) -> list[tuple[str, str]]:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        if heard := listener.wait(left):
            return heard
    return []


def silent(listener: doorbell.Listener) -> bool:
    return hear(listener, seconds=SILENCE_SECONDS) == []


def ring_elsewhere(payload: str, end: str) -> None:
    database = str(connection.settings_dict["NAME"])
    arguments = [str(configured.RUN_DIR), database, "jobs", payload, end]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pipelines_project.settings.test"}
    subprocess.run(
        [sys.executable, "-m", "tests.core.ringer", *arguments],
        check=True, timeout=60, cwd=configured.BASE_DIR, env=environment,
    )  # fmt: skip


def test_another_process_is_heard_once_it_has_committed(bell):
    ring_elsewhere("from afar", "commit")
    assert hear(bell) == [("jobs", "from afar")]


def test_what_another_process_rolled_back_is_not_heard(bell):
    ring_elsewhere("never was", "rollback")
    assert silent(bell)


def test_nothing_is_heard_before_the_commit(bell):
    with transaction.atomic():
        doorbell.ring("jobs", "void")
        assert silent(bell)
    assert hear(bell) == [("jobs", "void")]


def test_one_hears_only_the_channels_that_one_listens_on(bell):
    doorbell.ring("events", "7")
    assert silent(bell)


def test_every_listener_of_a_channel_hears(bell):
    with doorbell.listen("events", "jobs") as other:
        other.wait(0)
        doorbell.ring("jobs", "a")
        assert hear(bell) == hear(other) == [("jobs", "a")]


def test_waiting_ends_when_nobody_rings(bell):
    started = time.monotonic()
    assert bell.wait(0.1) == []
    assert time.monotonic() - started < PATIENCE_SECONDS / 2


def test_a_ring_that_nobody_hears_is_lost_in_silence():
    doorbell.ring("jobs", "anybody?")
    with doorbell.listen("jobs") as late:
        assert silent(late)


def test_a_payload_that_is_too_long_is_cut_rather_than_refused(bell):
    doorbell.ring("jobs", "x" * 10_000)
    ((_, payload),) = hear(bell)
    assert payload == "x" * doorbell.PAYLOAD_BYTES


@only_datagrams
def test_the_socket_of_a_listener_that_died_is_cleared_away(bell, run_dir):
    dead = doorbell.SocketListener(["jobs"])
    for receiver in dead.sockets:
        receiver.close()  # as the kernel does for a killed process; the file stays
    assert len(os.listdir(run_dir / "jobs")) == 2
    doorbell.ring("jobs")
    assert hear(bell) == [("jobs", "")]
    assert len(os.listdir(run_dir / "jobs")) == 1


@only_datagrams
def test_a_listener_leaves_no_socket_behind(run_dir):
    with doorbell.listen("jobs", "events"):
        assert os.listdir(run_dir / "jobs")
    assert os.listdir(run_dir / "jobs") == os.listdir(run_dir / "events") == []


@only_datagrams
def test_a_listener_that_is_busy_holds_nobody_up(bell):
    started = time.monotonic()
    for _ in range(5_000):
        doorbell.ring("jobs", "again")
    assert time.monotonic() - started < PATIENCE_SECONDS
    assert set(hear(bell)) == {("jobs", "again")}


@only_datagrams
def test_ringing_here_needs_no_transaction(bell):
    with transaction.atomic():
        doorbell.ring_here("jobs")
        assert hear(bell) == [("jobs", "")]


@only_datagrams
def test_nobody_else_on_the_machine_may_ring(bell, run_dir):
    assert (run_dir / "jobs").stat().st_mode & 0o777 == 0o700
