"""The job protocol of workers outside: offer, acknowledge, report. Source: reference section 7.2."""

from datetime import timedelta

import pytest

from apps.jobs.errors import InvalidJobResult, InvalidJobState, InvalidNonce, JobNotFound, OutputVariablesTooLarge
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.selectors import job_of as find_job
from apps.jobs.services import acknowledge_job, end_dispatched_leases, expire_jobs, finish_job, offer_jobs
from apps.tenancy.models import Account
from tests.factories import NOW, UNKNOWN, attempt_at, job_of, make_account, make_execution, make_job

pytestmark = pytest.mark.django_db
TYPE = "Build/Custom/Bench/1"
DONE = Outcome(succeeded=True, summary="Finished", external_id="42")


def offer(account: Account, *, limit: int = 1, query_value: str = "", now=NOW) -> list[Job]:
    return offer_jobs(account, TYPE, query_value=query_value, limit=limit, now=now)


def taken() -> Job:
    job = make_job(performer="outside")
    (offered,) = offer(job.account)
    acknowledge_job(job.account, job.pk, offered.nonce)
    return offered


def test_jobs_are_offered_oldest_first_and_no_more_than_asked_for():
    account = make_account()
    jobs = [make_job(account=account, performer="outside", now=NOW - timedelta(seconds=age)) for age in (1, 3, 2)]
    assert [job.pk for job in offer(account, limit=2)] == [jobs[1].pk, jobs[2].pk]
    assert [job.pk for job in offer(account, limit=2)] == [jobs[0].pk]
    assert offer(account, limit=2) == []


def test_a_job_is_offered_only_to_its_account_type_and_query_value():
    job = make_job(performer="outside", query_value="project-a")
    assert offer(make_account("Umbrella"), query_value="project-a") == []
    assert offer(job.account) == []
    assert offer_jobs(job.account, "Test/Custom/Bench/1", query_value="project-a", limit=1, now=NOW) == []
    assert [found.pk for found in offer(job.account, query_value="project-a")] == [job.pk]


def test_a_job_of_our_own_worker_is_never_offered():
    assert offer(make_job().account) == []


def test_an_offer_that_nobody_acknowledges_is_made_again_with_a_new_nonce(settings):
    job = make_job(performer="outside")
    (first,) = offer(job.account)
    assert end_dispatched_leases(now=NOW + timedelta(seconds=settings.ACKNOWLEDGE_SECONDS)) == 0
    assert end_dispatched_leases(now=NOW + timedelta(seconds=settings.ACKNOWLEDGE_SECONDS + 1)) == 1
    (second,) = offer(job.account)
    assert first.nonce != second.nonce
    with pytest.raises(InvalidNonce):
        acknowledge_job(job.account, job.pk, first.nonce)
    assert acknowledge_job(job.account, job.pk, second.nonce) == "InProgress"


def test_acknowledging_twice_is_refused():
    """Shows INV-08."""
    job = taken()
    with pytest.raises(InvalidNonce):
        acknowledge_job(job.account, job.pk, job.nonce)


def test_a_taken_job_is_not_taken_away_while_its_deadline_has_not_passed():
    job = taken()
    assert end_dispatched_leases(now=NOW + timedelta(minutes=59)) == 0
    assert find_job(job.account, job.pk).state == "InProgress"


@pytest.mark.parametrize(
    "verb",
    [
        lambda account, job: acknowledge_job(account, job.pk, job.nonce),
        lambda account, job: find_job(account, job.pk),
        lambda account, job: finish_job(account, job.pk, DONE, now=NOW),
    ],
    ids=["acknowledge", "details", "result"],
)
def test_a_job_of_another_account_is_not_found_just_as_one_that_is_not_there(verb):
    job, stranger = taken(), make_account("Umbrella")
    with pytest.raises(JobNotFound) as foreign:
        verb(stranger, job)
    missing_job = Job(pk=UNKNOWN, nonce="1")
    with pytest.raises(JobNotFound) as missing:
        verb(stranger, missing_job)
    assert foreign.value.message == missing.value.message.replace(str(UNKNOWN), str(job.pk))


def test_an_exact_replay_of_a_result_is_taken_without_effect():
    """Shows INV-09."""
    execution = make_execution()
    job = job_of(execution, "Make")
    Job.objects.filter(pk=job.pk).update(state="InProgress")
    finish_job(execution.account, job.pk, DONE, now=NOW)
    later = NOW + timedelta(minutes=1)
    finish_job(execution.account, job.pk, DONE, now=later)
    job.refresh_from_db()
    assert (job.ended_at, attempt_at(execution, "Make").ended_at) == (NOW, NOW)


@pytest.mark.parametrize(
    "other",
    [
        Outcome(succeeded=False, summary="Finished", external_id="42"),
        Outcome(succeeded=True, summary="Finished", external_id="43"),
        Outcome(succeeded=True, summary="Finished", external_id="42", output_variables={"A": "1"}),
    ],
    ids=["opposite", "changed", "with more"],
)
def test_a_different_result_is_refused(other):
    """Shows INV-09."""
    job = taken()
    finish_job(job.account, job.pk, DONE, now=NOW)
    with pytest.raises(InvalidJobState):
        finish_job(job.account, job.pk, other, now=NOW)
    assert find_job(job.account, job.pk).state == "Succeeded"


def test_a_result_before_the_acknowledgement_is_refused():
    job = make_job(performer="outside")
    offer(job.account)
    with pytest.raises(InvalidJobState, match="Acknowledge a job before its result"):
        finish_job(job.account, job.pk, DONE, now=NOW)


def test_a_continuation_ends_this_job_and_makes_exactly_one_next():
    """Shows INV-11."""
    execution = make_execution()
    first = job_of(execution, "Make")
    Job.objects.filter(pk=first.pk).update(state="InProgress")
    progress = Outcome(succeeded=True, continuation_token="go on", percent_complete=40, summary="Working")
    for _ in range(2):
        finish_job(execution.account, first.pk, progress, now=NOW)
    jobs = Job.objects.filter(action_execution_id=first.action_execution_id).order_by("available_at")
    assert [(job.state, job.continuation_token) for job in jobs] == [("Succeeded", ""), ("Queued", "go on")]
    action = attempt_at(execution, "Make")
    assert (action.state, action.percent_complete, action.summary) == ("InProgress", 40, "Working")


def test_a_continued_job_is_offered_after_a_pause_and_keeps_its_deadline(settings):
    settings.CONTINUATION_PAUSE_SECONDS = 5
    job = taken()
    finish_job(job.account, job.pk, Outcome(succeeded=True, continuation_token="t"), now=NOW)
    assert offer(job.account, now=NOW + timedelta(seconds=4)) == []
    (following,) = offer(job.account, now=NOW + timedelta(seconds=5))
    assert (following.continuation_token, following.deadline_at) == ("t", job.deadline_at)


def test_a_continuation_with_output_variables_is_refused_and_the_job_goes_on():
    job = taken()
    both = Outcome(succeeded=True, continuation_token="t", output_variables={"A": "1"})
    with pytest.raises(InvalidJobResult):
        finish_job(job.account, job.pk, both, now=NOW)
    assert find_job(job.account, job.pk).state == "InProgress"


@pytest.mark.parametrize(("size", "fits"), [(122_880, True), (122_881, False)])
def test_output_variables_may_hold_so_many_bytes(size, fits):
    job = taken()
    large = Outcome(succeeded=True, output_variables={"Ä": "x" * (size - 2)})
    if fits:
        finish_job(job.account, job.pk, large, now=NOW)
    else:
        with pytest.raises(OutputVariablesTooLarge, match="122881 bytes"):
            finish_job(job.account, job.pk, large, now=NOW)


def test_without_a_result_in_time_the_job_times_out_and_its_action_fails():
    execution = make_execution()
    job = job_of(execution, "Make")
    assert expire_jobs(now=job.deadline_at - timedelta(seconds=1)) == 0
    assert expire_jobs(now=job.deadline_at) == 1
    job.refresh_from_db()
    execution.refresh_from_db()
    action = attempt_at(execution, "Make")
    assert (job.state, action.state, execution.state) == ("TimedOut", "Failed", "Failed")
    assert (action.error_code, "time limit" in action.error_message) == ("JobFailed", True)


def test_a_result_after_the_deadline_is_refused():
    job = taken()
    expire_jobs(now=job.deadline_at)
    with pytest.raises(InvalidJobState):
        finish_job(job.account, job.pk, DONE, now=NOW)


def test_a_void_job_is_neither_offered_nor_expired():
    job = make_job(performer="outside")
    Job.objects.update(is_void=True)
    assert offer(job.account) == []
    assert expire_jobs(now=NOW + timedelta(days=1)) == 0
