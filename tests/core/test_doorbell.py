"""A ring reaches another process, once its transaction is committed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.core import doorbell
from tests.jobs.sharing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
OTHER = """
import os, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.RUN_DIR, connection.settings_dict["NAME"] = sys.argv[1], sys.argv[2]
from apps.core import doorbell
with doorbell.listen("jobs", "events") as listener:
    listener.wait(0.01)
    print("listening", flush=True)
    print(listener.wait(20), flush=True)
"""


@pytest.fixture(autouse=True)
def run_dir(settings, tmp_path_factory):
    settings.RUN_DIR = tmp_path_factory.mktemp("run")


@pytest.fixture
def other_process(tmp_path, settings):
    with shared_database(tmp_path):
        name = connection.settings_dict["NAME"]
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(settings.RUN_DIR), str(name)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**_environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins' / 'sdk'}"},
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "pipelines_project.settings.test"}


def test_a_ring_wakes_another_process(other_process):
    assert other_process.stdout.readline() == "listening\n"
    doorbell.ring("events", "17")
    assert other_process.stdout.readline() == "[('events', '17')]\n"


def test_a_ring_is_heard_when_its_transaction_is_committed_and_not_before():
    with doorbell.listen("jobs") as listener:
        listener.wait(0)
        with transaction.atomic():
            doorbell.ring("jobs", "now")
            assert listener.wait(0.05) == []
        assert listener.wait(5) == [("jobs", "now")]


def test_a_ring_that_is_rolled_back_is_not_heard():
    with doorbell.listen("jobs") as listener:
        listener.wait(0)
        with transaction.atomic():
            doorbell.ring("jobs")
            transaction.set_rollback(True)
        assert listener.wait(0.05) == []


def test_only_the_channels_that_one_listens_to_are_heard():
    with doorbell.listen("jobs") as listener:
        listener.wait(0)
        doorbell.ring("log", "1")
        doorbell.ring("jobs", "2")
        assert listener.wait(5) == [("jobs", "2")]


def test_ringing_where_nobody_listens_any_more_is_harmless():
    with doorbell.listen("jobs") as listener:
        listener.wait(0)
    doorbell.ring("jobs")
    doorbell.ring("nobody-ever-listened")
