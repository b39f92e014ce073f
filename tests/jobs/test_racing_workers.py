"""Several workers at once, each on a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from apps.core.errors import HeadraceError
from apps.events.models import Event
from apps.events.selectors import first_broken_link
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import acknowledge_job, claim_jobs, finish_job, offer_jobs
from tests.factories import NOW, job_of, make_account, make_execution, make_job, make_pipeline, start
from tests.jobs.sharing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8
JOBS = 40


@pytest.fixture(autouse=True)
def for_all_threads(transactional_db, tmp_path):
    with shared_database(tmp_path):
        yield


def at_once(work) -> list:
    """Run `work(number)` in several threads that begin together, and return what each returned."""
    ready = Barrier(WORKERS)

    def run(number: int):
        ready.wait(10)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(run, range(WORKERS)))


def until_nothing_is_left(take) -> list:
    found = []
    while batch := take():
        found += batch
    return found


def test_eight_workers_claim_each_job_once():
    account = make_account()
    made = {make_job(account=account).pk for _ in range(JOBS)}
    found = at_once(
        lambda number: until_nothing_is_left(
            lambda: [(job.pk, job.nonce) for job in claim_jobs(f"w{number}", limit=3, now=NOW)]
        )
    )
    together = [pair for pairs in found for pair in pairs]
    assert sorted(pk for pk, _ in together) == sorted(made)
    assert dict(together) == dict(Job.objects.values_list("pk", "nonce"))


def test_eight_pollers_are_offered_each_job_once():
    account = make_account()
    made = {make_job(account=account, performer="outside").pk for _ in range(JOBS)}
    found = at_once(
        lambda number: until_nothing_is_left(
            lambda: [job.pk for job in offer_jobs(account, "Build/Custom/Bench/1", query_value="", limit=3, now=NOW)]
        )
    )
    assert sorted(pk for pks in found for pk in pks) == sorted(made)


def test_of_eight_acknowledgements_of_one_nonce_one_succeeds():
    """Shows INV-08."""
    job = make_job(performer="outside")
    (offered,) = offer_jobs(job.account, job.action_type, query_value="", limit=1, now=NOW)

    def acknowledge(number: int) -> bool:
        try:
            acknowledge_job(job.account, job.pk, offered.nonce)
        except HeadraceError:
            return False
        return True

    assert sorted(at_once(acknowledge)) == [False] * (WORKERS - 1) + [True]


def test_of_eight_different_results_one_counts():
    """Shows INV-09, INV-28."""
    execution = make_execution()
    job = job_of(execution, "Make")
    Job.objects.filter(pk=job.pk).update(state="InProgress")

    def report(number: int) -> bool:
        try:
            finish_job(execution.account, job.pk, Outcome(succeeded=True, summary=f"by {number}"), now=NOW)
        except HeadraceError:
            return False
        return True

    assert sorted(at_once(report)) == [False] * (WORKERS - 1) + [True]
    assert Event.objects.filter(action_execution_id=job.action_execution_id, kind="ActionSucceeded").count() == 1
    assert first_broken_link(execution.account) is None


def test_eight_starts_at_once_are_numbered_without_a_gap():
    """Shows INV-01, INV-28."""
    pipeline = make_pipeline(mode="QUEUED")
    numbers = at_once(lambda number: start(pipeline).number)
    assert sorted(numbers) == list(range(2, WORKERS + 2))
    assert first_broken_link(pipeline.account) is None


def test_of_eight_starts_with_one_token_one_execution_comes():
    """Shows INV-02."""
    pipeline = make_pipeline()
    assert len(set(at_once(lambda number: start(pipeline, client_request_token="t").pk))) == 1
