"""One job from its claim to its result, with a pool that only says how steps ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError

from apps.actions.host import Cancelled, Crashed, Finished, StepOrder, StepOutcome, TimedOut
from apps.core import clock
from apps.jobs.models import Job
from apps.jobs.selectors import log_from
from apps.jobs.services import claim_jobs
from apps.jobs.worker import loop, performing
from apps.jobs.worker.loop import Worker
from apps.jobs.worker.performing import perform
from headrace_sdk import Failed, Running, Succeeded
from tests.factories import make_account, make_job

pytestmark = pytest.mark.django_db
CONTEXT = dict.fromkeys(("pipeline_name", "stage_name", "action_name", "action_execution_id"), "a")


class Pool:
    """Prints a line and ends each step as it was told to. Keeps the orders it got."""

    def __init__(self, *outcomes: StepOutcome) -> None:
        self.outcomes = list(outcomes)
        self.orders: list[StepOrder] = []

    def run(self, order: StepOrder, *, on_log: Callable[[bytes], None], **_) -> StepOutcome:
        self.orders.append(order)
        on_log(f"step {len(self.orders)}\n".encode())
        return self.outcomes.pop(0)


@pytest.fixture
def job() -> Job:
    order = {
        "context": CONTEXT | {"pipeline_execution_id": "00000000-0000-0000-0000-000000000000"},
        "configuration": {"Password": "****"},
        "commands": [],
        "environment": {},
        "output_variable_names": [],
        "inputs": [],
        "outputs": [],
        "revision_overrides": {},
    }
    return make_job(account=make_account(), order=order, secrets={"Password": "open sesame"}, now=clock.now())


def work(pool: Pool, *, steps: int = 1) -> Job:
    """Claim and perform so many jobs, one after another, and return the last."""
    for _ in range(steps):
        (job,) = claim_jobs("tests", limit=1, now=clock.now() + timedelta(minutes=1))
        perform(job, pool, lambda: False, holder=lambda: "")  # type: ignore[arg-type]
    job.refresh_from_db()
    return job


def test_a_step_that_succeeds_ends_its_job(job):
    assert work(Pool(Finished(Succeeded("Done.")))).state == "Succeeded"
    assert log_from(job.account, job.action_execution_id).content == b"step 1\n"


def test_the_step_gets_its_secrets_and_they_are_named_to_be_masked(job):
    pool = Pool(Finished(Succeeded()))
    work(pool)
    (order,) = pool.orders
    assert (order.configuration, order.secrets) == ({"Password": "open sesame"}, ("open sesame",))
    assert (order.step, order.token) == ("start", str(job.action_execution_id))


@pytest.mark.parametrize("outcome", [Finished(Failed("No.")), TimedOut(3.0)], ids=["failed", "timed out"])
def test_a_step_that_fails_ends_its_job(job, outcome):
    assert work(Pool(outcome)).state == "Failed"


def test_a_step_that_goes_on_is_polled_by_a_job_that_follows(job):
    pool = Pool(Finished(Running(external_id="42", state={"at": 1}, poll_after_seconds=1)), Finished(Succeeded()))
    last = work(pool, steps=2)
    assert [order.step for order in pool.orders] == ["start", "poll"]
    assert {order.token for order in pool.orders} == {str(job.action_execution_id)}
    assert pool.orders[1].running["external_id"] == "42"
    assert (last.pk != job.pk, last.state) == (True, "Succeeded")


def test_what_a_later_step_prints_follows_what_the_earlier_ones_did(job):
    running = Finished(Running(poll_after_seconds=1))
    work(Pool(running, running, Finished(Succeeded())), steps=3)
    assert log_from(job.account, job.action_execution_id).content == b"step 1\nstep 2\nstep 3\n"


def test_a_first_step_that_is_done_again_begins_its_log_anew(job):
    work(Pool(Crashed("It was killed."), Finished(Succeeded())), steps=2)
    assert log_from(job.account, job.action_execution_id).content == b"step 2\n"


def test_a_crash_is_counted_and_the_job_is_tried_again_with_the_same_token(job):
    """Shows INV-07."""
    pool = Pool(Crashed("It was killed."), Finished(Succeeded()))
    assert (work(pool).state, Job.objects.get().crashes) == ("Queued", 1)
    assert work(pool).state == "Succeeded"
    assert pool.orders[0].token == pool.orders[1].token


def test_nobody_is_told_of_a_step_that_was_cancelled(job):
    assert work(Pool(Cancelled())).state == "InProgress"


@pytest.mark.parametrize("made", [[], ["work"], ["work", "work/a"], ["asked"], ["out"]])
def test_no_workspace_is_left_behind(made, job, settings):
    folder = settings.WORKSPACES_DIR / str(job.pk)

    class Leaves(Pool):
        def run(self, order: StepOrder, **how) -> StepOutcome:
            assert list(folder.iterdir()) == []
            for name in made:
                (folder / name).mkdir()
            return super().run(order, **how)

    folder.mkdir(parents=True)
    (folder / "of whoever was killed").write_text("before")
    work(Leaves(Finished(Succeeded())))
    assert not folder.exists()


def test_the_next_job_is_claimed_with_the_report_for_whoever_has_room(job):
    following = make_job(account=job.account, order=job.order, now=clock.now())
    (first,) = claim_jobs("tests", limit=1, now=clock.now() + timedelta(minutes=1))
    assert first.pk == job.pk
    taken = perform(first, Pool(Finished(Succeeded())), lambda: False, holder=lambda: "tests")  # type: ignore[arg-type]
    assert taken is not None
    assert (taken.pk, taken.state, taken.holder) == (following.pk, "InProgress", "tests")
    taken = perform(taken, Pool(Finished(Succeeded())), lambda: False, holder=lambda: "tests")  # type: ignore[arg-type]
    assert taken is None


@pytest.mark.django_db(transaction=True)  # a connection that is lost cannot be the test's own transaction
def test_a_claim_whose_commit_was_in_doubt_is_given_back_before_the_next(job, monkeypatch):
    """The answer to the first commit is lost; what it claimed must not lie until its lease ends."""
    following = make_job(account=job.account, order=job.order, now=clock.now())
    (first,) = claim_jobs("tests", limit=1, now=clock.now() + timedelta(minutes=1))
    real, lost = performing.finish_and_claim, []

    def committed_but_unheard(*arguments, **named):
        real(*arguments, **named)
        if not lost:
            lost.append(arguments[3][0].nonce)
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(performing, "finish_and_claim", committed_but_unheard)
    taken = perform(first, Pool(Finished(Succeeded())), lambda: False, holder=lambda: "tests")  # type: ignore[arg-type]
    assert taken is not None
    assert (taken.pk, taken.crashes) == (following.pk, 0)
    assert taken.nonce not in lost


@pytest.mark.django_db(transaction=True)
def test_what_the_worker_claimed_without_hearing_of_it_is_given_back_and_claimed_again(job, monkeypatch):
    """The loop has no result to report with it: the claim is a commit of its own."""
    real, unheard = loop.claim_jobs, []

    def committed_but_unheard(*arguments, **named):
        jobs = real(*arguments, **named)
        if not unheard:
            unheard.extend(jobs)
            raise OperationalError("server closed the connection unexpectedly")
        return jobs

    monkeypatch.setattr(loop, "claim_jobs", committed_but_unheard)
    worker = Worker(slots=1, pool=Pool())  # type: ignore[arg-type]
    with pytest.raises(OperationalError):
        worker._claim()
    assert [each.pk for each in unheard] == [job.pk]
    job.refresh_from_db()
    assert job.state == "InProgress"
    worker.slots = 0  # so that it is not claimed anew at once
    worker._claim()
    job.refresh_from_db()
    assert job.state == "Queued"
    assert not worker.held


@pytest.mark.django_db(transaction=True)
def test_a_renewal_that_met_a_database_that_was_away_is_made_up_for_first(job, monkeypatch):
    """Before the duty that ends leases: an outage must not take a job from a worker that holds it."""
    worker = Worker(slots=1, pool=Pool())  # type: ignore[arg-type]
    (held,) = claim_jobs(worker.name, limit=1, now=clock.now() + timedelta(minutes=1))
    worker.held[str(held.pk)] = loop.Held(held)
    Job.objects.update(lease_until=clock.now() - timedelta(minutes=1))
    real, tries = loop.renew, []

    def away_at_first(*arguments, **named):
        tries.append(named["now"])
        if len(tries) == 1:
            raise OperationalError("connection refused")
        return real(*arguments, **named)

    monkeypatch.setattr(loop, "renew", away_at_first)
    with pytest.raises(OperationalError):
        worker._turn()
    worker._turn()
    held.refresh_from_db()
    assert (len(tries), held.state, held.crashes, worker.held[str(held.pk)].wanted) == (2, "InProgress", 0, True)


def test_a_step_that_was_ended_with_its_worker_is_no_crash_and_no_result(job):
    (held,) = claim_jobs("tests", limit=1, now=clock.now() + timedelta(minutes=1))
    perform(held, Pool(Crashed("It ended by signal 9.")), lambda: True, holder=lambda: "")  # type: ignore[arg-type]
    held.refresh_from_db()
    assert (held.state, held.crashes) == ("InProgress", 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_ends_gives_a_job_back_when_nothing_of_it_runs_any_more(job):
    """Else another worker does it beside the child that is still at it."""
    states = []

    class Closing(Pool):
        def close(self) -> None:
            states.append(Job.objects.get(pk=job.pk).state)

    worker = Worker(slots=1, pool=Closing(), drain_seconds=0)  # type: ignore[arg-type]
    (held,) = claim_jobs(worker.name, limit=1, now=clock.now() + timedelta(minutes=1))
    worker.held[str(held.pk)] = loop.Held(held)
    worker._drain()
    assert states == ["InProgress"]
    held.refresh_from_db()
    assert (held.state, held.crashes, held.holder) == ("Queued", 0, "")
