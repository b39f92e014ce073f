"""The verbs of jobs against their table: each verb on a job in each state moves it as the table says, or not at all."""

from datetime import timedelta
from itertools import product

import pytest

from apps.core.errors import HeadraceError
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import (
    acknowledge_job,
    claim_jobs,
    end_dispatched_leases,
    expire_jobs,
    finish_job,
    job_crashed,
    offer_jobs,
)
from apps.jobs.states import JOB_MOVES, UNFINISHED, JobCause, JobState
from tests.factories import NOW, make_job

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
TYPE = "Build/Custom/Bench/1"
VERBS = {
    JobCause.OFFERED: lambda job: offer_jobs(job.account, TYPE, query_value="", limit=1, now=NOW),
    JobCause.ACKNOWLEDGED: lambda job: acknowledge_job(job.account, job.pk, job.nonce),
    JobCause.CLAIMED: lambda job: claim_jobs("w", limit=1, now=NOW),
    JobCause.LEASE_ENDED: lambda job: end_dispatched_leases(now=LATER),
    JobCause.SUCCEEDED: lambda job: finish_job(job.account, job.pk, Outcome(succeeded=True), now=NOW),
    JobCause.FAILED: lambda job: finish_job(job.account, job.pk, Outcome(succeeded=False), now=NOW),
    JobCause.DEADLINE: lambda job: expire_jobs(now=NOW + timedelta(hours=2)),
}
OURS = {JobCause.CLAIMED}


@pytest.mark.parametrize(("state", "cause"), list(product(JobState, JobCause)))
def test_a_verb_moves_a_job_as_the_table_says_or_not_at_all(state, cause):
    performer = "worker" if cause in OURS or (state, cause) == ("InProgress", JobCause.LEASE_ENDED) else "outside"
    job = make_job(performer=performer)
    job.state, job.nonce = state, "1"
    job.lease_until = NOW if state in UNFINISHED and state != JobState.QUEUED else None
    job.save()
    try:
        VERBS[cause](job)
    except HeadraceError:
        assert (state, cause) not in JOB_MOVES
    job.refresh_from_db()
    assert job.state == JOB_MOVES.get((state, cause), state)


def test_a_job_that_crashed_too_often_fails(settings):
    settings.JOB_MAX_CRASHES = 2
    make_job()
    for _ in range(2):
        (job,) = claim_jobs("w", limit=1, now=NOW)
        job_crashed(job, "It was killed.", now=NOW)
    job = Job.objects.get()
    assert (job.state, job.crashes, job.ended_at) == ("Failed", 2, NOW)
