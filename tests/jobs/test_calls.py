"""Noting that job workers ask, when the database does not take the note."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from apps.awsapi.caller import Caller
from apps.awsapi.operations.jobs import poll_for_jobs
from apps.core import clock
from apps.jobs.models import Job, WorkerCall
from apps.jobs.services import note_call
from apps.tenancy.grants import Grant
from apps.tenancy.roles import Role
from tests.factories import BY, NOW, job_of, make_account, make_execution

TYPE = {"category": "Build", "owner": "Custom", "provider": "Bench", "version": "1"}

pytestmark = pytest.mark.django_db(transaction=True)  # the failed note rolls back its own transaction


@contextmanager
def no_row_of(model: Any) -> Iterator[None]:
    """Let the database take no row of a model, as when its disk is full."""

    def refuse(execute, sql, parameters, many, context):
        if sql.startswith(f'INSERT INTO "{model._meta.db_table}"'):
            raise DatabaseError("database or disk is full")
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(refuse):
        yield


def test_a_poll_that_cannot_be_noted_takes_no_job():
    execution = make_execution()
    caller = Caller(execution.account, execution.account.number, BY, Grant(role=Role.ADMIN), "AKIATESTS", "r")
    job = job_of(execution, "Make")
    Job.objects.filter(pk=job.pk).update(available_at=clock.now())
    with no_row_of(WorkerCall), pytest.raises(DatabaseError):
        poll_for_jobs(caller, {"actionTypeId": TYPE})
    job.refresh_from_db()
    assert job.state == "Queued"
    assert [each["id"] for each in poll_for_jobs(caller, {"actionTypeId": TYPE})["jobs"]] == [str(job.pk)]


def test_a_call_that_could_not_be_noted_is_noted_by_the_next():
    account = make_account()
    with no_row_of(WorkerCall), pytest.raises(DatabaseError):
        note_call(account, "Build/Custom/Bench/1", by=BY, now=NOW)
    note_call(account, "Build/Custom/Bench/1", by=BY, now=NOW + timedelta(seconds=1))
    assert WorkerCall.objects.for_account(account).get().called_at == NOW + timedelta(seconds=1)
