"""The end of a run: gates open, workers work, people approve, and everything must come to its end (INV-25)."""

from random import Random

from apps.core.errors import HeadraceError
from apps.executions.services import stop_execution
from apps.jobs.models import Job
from apps.jobs.services import acknowledge_job, claim_jobs, finish_job, offer_jobs
from apps.jobs.states import JobState
from apps.pipelines.models import StageTransition
from apps.pipelines.services import set_transition
from tests.simulation.approvals import answer_all
from tests.simulation.checks import Checker
from tests.simulation.checks.tables import GOING
from tests.simulation.shapes import OUTSIDE, OUTSIDE_SOURCE
from tests.simulation.steps import Violation, step
from tests.simulation.workers import HOLDER, outcome, type_text
from tests.simulation.world import BY, NAME, World

MOST_ROUNDS = 200


def settle(world: World, checker: Checker) -> None:
    """Raises Violation when something goes on for ever."""
    _open_gates(world)
    checker.check()
    for _ in range(MOST_ROUNDS):
        going = [row for row in world.executions() if row.state in GOING]
        if not going:
            return
        if not work(world) and not _wake(world):
            raise Violation(f"INV-25: nothing is left to do for {going}")
        world.pass_time(1)
        world.do_duties()
        checker.check()
    raise Violation("INV-25: the executions did not come to an end")


def _open_gates(world: World) -> None:
    closed = StageTransition.objects.for_account(world.account).filter(enabled=False, pipeline__deleted_at=None)
    for stage, side in list(closed.order_by("pk").values_list("stage", "side")):
        set_transition(world.account, NAME, stage, side, enabled=True, by=BY, now=world.now)


@step(18, lambda world, rng: {"chance": rng.randrange(10**6), "fails": rng.choice([0, 0, 0.2, 0.5])})
def work(world: World, chance: int = 0, fails: float = 0) -> bool:
    """Do everything that can be done now, as workers and people do. Returns whether there was anything.

    `fails`: how likely each piece of work is to fail, rules twice as likely; `chance` is the seed of that.
    """
    rng = Random(chance)
    worked = False
    for type_id in (OUTSIDE, OUTSIDE_SOURCE):
        for job in offer_jobs(world.account, type_text(type_id), query_value="", limit=50, now=world.now):
            acknowledge_job(world.account, job.pk, job.nonce)
            worked = True
    for job in claim_jobs(HOLDER, limit=50, now=world.now):
        worked = worked or bool(job)
    held = Job.objects.for_account(world.account).filter(state=JobState.IN_PROGRESS, is_void=False)
    for job in list(held.exclude(performer="person").order_by("created_at")):
        likely = min(1, fails * 2) if job.action_type.startswith("Rule/") else fails
        finish_job(world.account, job.pk, outcome(ending(rng, likely)), now=world.now)
        worked = True
    worked = answer_all(world, rng, fails) or worked
    queued = Job.objects.for_account(world.account).filter(state__in=["Queued", "Dispatched"], is_void=False)
    return worked or queued.exists()


def ending(rng: Random, likely: float) -> str:
    if rng.random() >= likely:
        return "succeed"
    return "fail" if rng.random() < 0.8 else "err"


def _wake(world: World) -> bool:
    """Stop who has waited for more than thirty days: nothing but a new start would let them in."""
    stopped = False
    for row in world.executions():
        if row.waiting and row.state == "InProgress" and (world.now - row.waiting_since).days >= 30:
            try:
                stop_execution(world.account, NAME, row.pk, abandon=True, reason="", by=BY, now=world.now)
            except HeadraceError as refused:
                raise Violation(f"INV-20: a waiting execution cannot be stopped: {refused}") from refused
            stopped = True
    return stopped
