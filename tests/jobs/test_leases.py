"""Our own worker's leases: claimed, renewed, given back, taken back."""

from datetime import timedelta

import pytest

from apps.jobs.errors import InvalidNonce
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import (
    claim_jobs,
    end_dispatched_leases,
    finish_and_claim,
    finish_job,
    give_back,
    job_crashed,
    renew,
    take_back_from_dead,
)
from tests.factories import NOW, make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def ends(settings):
    """The moment at which a lease that was taken NOW ends."""
    settings.JOB_LEASE_SECONDS = 30
    return NOW + timedelta(seconds=30)


def claimed(holder: str = "one") -> Job:
    make_job()
    (job,) = claim_jobs(holder, limit=1, now=NOW)
    return job


def state(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def test_a_claim_takes_the_longest_waiting_and_names_its_holder(ends):
    jobs = [make_job(now=NOW - timedelta(seconds=age)) for age in (1, 3, 2)]
    claimed_jobs = claim_jobs("one", limit=2, now=NOW)
    assert [job.pk for job in claimed_jobs] == [jobs[1].pk, jobs[2].pk]
    assert {(job.state, job.holder, job.lease_until) for job in claimed_jobs} == {("InProgress", "one", ends)}
    assert len({job.nonce for job in claimed_jobs}) == 2


def test_what_is_not_due_yet_is_not_claimed():
    make_job(now=NOW + timedelta(seconds=1))
    assert claim_jobs("one", limit=9, now=NOW) == []


@pytest.mark.parametrize("performer", ["outside", "person"])
def test_what_is_for_others_is_not_claimed(performer):
    make_job(performer=performer)
    assert claim_jobs("one", limit=9, now=NOW) == []


def test_a_renewed_lease_holds(ends):
    job = claimed()
    assert renew([job], now=ends) == {str(job.pk)}
    assert end_dispatched_leases(now=ends + timedelta(seconds=29)) == 0


def test_a_lease_that_nobody_renews_goes_to_another_and_counts_as_a_crash(ends):
    job = claimed()
    assert end_dispatched_leases(now=ends) == 0
    assert end_dispatched_leases(now=ends + timedelta(seconds=1)) == 1
    (again,) = claim_jobs("two", limit=1, now=ends)
    assert (again.pk, again.holder, again.crashes) == (job.pk, "two", 1)


def test_the_holder_of_an_old_lease_can_neither_renew_nor_report(ends):
    """Shows INV-10."""
    old = claimed()
    end_dispatched_leases(now=ends + timedelta(seconds=1))
    (new,) = claim_jobs("two", limit=1, now=ends)
    assert renew([old], now=ends) == set()
    with pytest.raises(InvalidNonce):
        finish_job(None, old.pk, Outcome(succeeded=True), now=ends, nonce=old.nonce)
    give_back(old)
    job_crashed(old, "late", now=ends)
    assert state(new) == "InProgress"
    finish_job(None, new.pk, Outcome(succeeded=True), now=ends, nonce=new.nonce)
    assert state(new) == "Succeeded"


def test_a_void_job_is_not_renewed_so_that_its_holder_lets_it_go():
    job = claimed()
    Job.objects.update(is_void=True)
    assert renew([job], now=NOW) == set()


def test_what_is_given_back_in_good_order_is_queued_and_counts_as_no_crash():
    job = claimed()
    give_back(job)
    (again,) = claim_jobs("two", limit=1, now=NOW)
    assert (again.crashes, again.nonce != job.nonce) == (0, True)


def test_the_jobs_of_dead_workers_are_taken_back_and_no_others():
    first, second = claimed("dead"), claimed("alive")
    assert take_back_from_dead(["dead"], now=NOW) == 1
    assert (state(first), state(second)) == ("Queued", "InProgress")
    assert Job.objects.get(pk=first.pk).crashes == 1


def test_a_job_that_is_not_held_cannot_crash():
    job = claimed()
    give_back(job)
    job_crashed(job, "late", now=NOW)
    assert Job.objects.get(pk=job.pk).crashes == 0


def test_whoever_ends_a_job_takes_the_one_along_that_waits_longest(ends):
    job, waiting, taken = claimed(), [make_job(now=NOW - timedelta(seconds=age)) for age in (1, 2)], []
    finish_and_claim(job, Outcome(succeeded=True), "one", taken, now=NOW)
    assert state(job) == "Succeeded"
    assert [(each.pk, each.holder, each.lease_until) for each in taken] == [(waiting[1].pk, "one", ends)]
    assert (state(waiting[0]), state(waiting[1])) == ("Queued", "InProgress")


def test_nothing_is_taken_along_with_a_result_that_is_refused(ends):
    job, waiting, taken = claimed(), make_job(), []
    end_dispatched_leases(now=ends + timedelta(seconds=1))
    with pytest.raises(InvalidNonce):
        finish_and_claim(job, Outcome(succeeded=True), "one", taken, now=NOW)
    assert (taken, state(waiting)) == ([], "Queued")


def test_a_job_that_goes_on_at_once_may_be_taken_along_by_itself():
    job, taken = claimed(), []
    outcome = Outcome(succeeded=True, continuation_token="more", pause_seconds=0)
    finish_and_claim(job, outcome, "one", taken, now=NOW)
    assert [(each.continuation_token, each.pk != job.pk) for each in taken] == [("more", True)]
