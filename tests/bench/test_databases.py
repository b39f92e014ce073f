import os
from contextlib import contextmanager

import psycopg
import pytest

from tests.bench.__main__ import measured
from tests.bench.databases import addresses, postgresql, sqlite
from tests.tooling.services import ServiceError

DATABASE, CHANNELS = "HEADRACE_DATABASE_URL", "HEADRACE_REDIS_URL"


def test_sqlite_is_measured_whatever_servers_the_environment_names(monkeypatch):
    monkeypatch.setenv(DATABASE, "postgresql://somewhere/else")
    monkeypatch.delenv(CHANNELS, raising=False)
    with sqlite():
        assert DATABASE not in os.environ
    assert os.environ[DATABASE] == "postgresql://somewhere/else"
    assert CHANNELS not in os.environ


def test_servers_are_named_for_a_while_and_may_be_left_out_meanwhile(monkeypatch):
    monkeypatch.delenv(DATABASE, raising=False)
    with addresses({DATABASE: "postgresql://ours/"}):
        with sqlite():
            assert DATABASE not in os.environ
        assert os.environ[DATABASE] == "postgresql://ours/"
    assert DATABASE not in os.environ


def test_a_database_that_is_not_installed_is_told_and_passed_over(capsys):
    @contextmanager
    def absent():
        raise ServiceError("'initdb' is not installed. Install it: apt-get install postgresql")
        yield

    results = measured(["latency"], {"postgresql": ("PostgreSQL", absent)}, rounds=1)
    why = "'initdb' is not installed. Install it: apt-get install postgresql"
    assert results == {"once": {}, "postgresql": {"not measured": why}}
    assert f"PostgreSQL is not measured: {why}" in capsys.readouterr().out


@pytest.mark.postgres
def test_the_measured_postgresql_waits_for_the_disk_as_in_production():
    with postgresql(), psycopg.connect(os.environ[DATABASE]) as connection:
        for option in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {option}").fetchone() == ("on",), option
