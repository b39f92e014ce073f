import shutil
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection

from apps.core import health
from apps.core.ids import new_access_key_id, new_nonce, new_secret_access_key
from tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_a_process_that_is_up_says_so_without_asking_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_says_how_the_queue_stands(client):
    make_job()
    answer = client.get("/readyz").json()
    assert (answer["ready"], answer["problems"]) == (True, {})
    assert "headrace_job_queue_age_seconds" in answer


def test_without_its_database_it_is_not_ready_and_says_why(client):
    def refuse(execute, sql, params, many, context):
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "problems": {"database": "The database does not answer."}}


def test_with_a_full_disk_it_is_not_ready_and_says_why(client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2**20))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "Only 1 MiB are free" in answer.json()["problems"]["disk"]


def test_the_figures_are_prometheus_text(client):
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert {line.split()[0] for line in lines if not line.startswith("#")} == set(health.GAUGES)
    assert sum(line.startswith("# TYPE ") and line.endswith(" gauge") for line in lines) == len(health.GAUGES)


def test_random_values_have_their_forms():
    key, secret, nonce = new_access_key_id(), new_secret_access_key(), new_nonce()
    assert (len(key), key[:4], len(secret), len(nonce)) == (20, "AKIA", 40, 20)
    assert nonce.isdecimal()
    assert len({new_nonce() for _ in range(100)}) == 100
