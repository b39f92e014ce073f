"""Job workers as they are: they take what they can get, and answer late, twice, wrongly or never."""

from random import Random
from typing import Any

from apps.jobs.errors import InvalidJobState, InvalidNonce
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import (
    acknowledge_job,
    claim_jobs,
    finish_and_claim,
    finish_job,
    give_back,
    job_crashed,
    offer_jobs,
    renew,
)
from apps.jobs.services.leases import take_back_from_dead
from apps.jobs.states import JobState
from tests.simulation.shapes import OUTSIDE, OUTSIDE_SOURCE
from tests.simulation.steps import Arguments, Violation, nothing, step
from tests.simulation.world import BY, Held, World

HOLDER = "simulated/1"


def type_text(type_id: dict[str, str]) -> str:
    return "/".join(type_id[key] for key in ("category", "owner", "provider", "version"))


@step(12, lambda world, rng: {"limit": rng.choice([1, 1, 3]), "source": rng.random() < 0.3})
def poll(world: World, *, limit: int, source: bool) -> None:
    """An outside worker polls and keeps what it was offered."""
    type_id = type_text(OUTSIDE_SOURCE if source else OUTSIDE)
    for job in offer_jobs(world.account, type_id, query_value="", limit=limit, now=world.now):
        world.held.append(Held(job.pk, job.nonce, outside=True))


def some_held(world: World, rng: Random, *, outside: bool, acknowledged: bool) -> int | None:
    """Return the index of something held, recent rather than old."""
    found = [
        number
        for number, held in enumerate(world.held)
        if held.outside is outside and (held.acknowledged or not acknowledged)
    ]
    return rng.choice(found[-5:] if rng.random() < 0.8 else found) if found else None


def draw_acknowledge(world: World, rng: Random) -> Arguments | None:
    index = some_held(world, rng, outside=True, acknowledged=False)
    return None if index is None else {"index": index, "wrong": rng.random() < 0.05}


@step(14, draw_acknowledge)
def acknowledge(world: World, *, index: int, wrong: bool) -> None:
    held = held_at(world, index)
    if held is None:
        return
    before = world.job(held)
    try:
        acknowledge_job(world.account, held.job_id, "0" if wrong else held.nonce)
    except InvalidNonce:
        may = before.state == JobState.DISPATCHED and before.nonce == held.nonce and not wrong
        if may:
            raise Violation("INV-08: the holder of the newest offer was refused") from None
        return
    if held.acknowledged or wrong or before.nonce != held.nonce:
        raise Violation(f"INV-08: a nonce was taken twice, or an old one: {held}")
    held.acknowledged = True


def held_at(world: World, index: int) -> Held | None:
    return world.held[index] if index < len(world.held) else None


def draw_report(world: World, rng: Random) -> Arguments | None:
    index = some_held(world, rng, outside=True, acknowledged=rng.random() < 0.95)
    if index is None:
        return None
    again = bool(world.held[index].answers) and rng.random() < 0.5
    kind = world.held[index].answers[-1] if again else rng.choice(["succeed"] * 6 + ["fail"] * 2 + ["continue"])
    return {"index": index, "kind": kind}


@step(18, draw_report)
def report(world: World, *, index: int, kind: str) -> None:
    """An outside worker answers, perhaps not for the first time, perhaps long after it mattered."""
    held = held_at(world, index)
    if held is None:
        return
    before = world.job(held)
    replay = before.result_digest != "" and before.result_digest == outcome(kind).digest()
    try:
        finish_job(world.account, held.job_id, outcome(kind), now=world.now)
    except InvalidJobState:
        if before.state == JobState.IN_PROGRESS or replay:
            raise Violation(f"INV-09: a result was refused in state {before.state}, replay {replay}") from None
        return
    if before.state != JobState.IN_PROGRESS and not replay:
        raise Violation(f"INV-09: a result was taken in state {before.state}")
    held.answers.append(kind)


def outcome(kind: str) -> Outcome:
    if kind in {"fail", "err"}:
        code = "JobFailed" if kind == "fail" else "ConfigurationError"
        return Outcome(succeeded=False, error_code=code, error_message="It broke.", by=BY)
    more: dict[str, Any] = {"continuation_token": "more"} if kind == "continue" else {"output_variables": {"Key": "x"}}
    return Outcome(succeeded=True, by=BY, **more)


# Our own worker, whose holders can die and whose leases can end


@step(12, lambda world, rng: {"limit": rng.choice([1, 2, 4])})
def claim(world: World, *, limit: int) -> None:
    for job in claim_jobs(HOLDER, limit=limit, now=world.now):
        world.held.append(Held(job.pk, job.nonce, outside=False, acknowledged=True))


def draw_finish(world: World, rng: Random) -> Arguments | None:
    index = some_held(world, rng, outside=False, acknowledged=True)
    if index is None:
        return None
    kind = rng.choice(["succeed"] * 5 + ["fail"] * 2 + ["continue"])
    return {"index": index, "kind": kind, "claims": rng.random() < 0.6}


@step(16, draw_finish)
def finish(world: World, *, index: int, kind: str, claims: bool = False) -> None:
    """Our worker ends a job, unless it has lost its lease meanwhile. With `claims` it takes the next along."""
    held = held_at(world, index)
    if held is None or held.outside:
        return
    before = world.job(held)
    claimed: list[Job] = []
    try:
        if claims:
            ended = Job(id=held.job_id, nonce=held.nonce)
            finish_and_claim(ended, outcome(kind), HOLDER, claimed, now=world.now)
        else:
            finish_job(None, held.job_id, outcome(kind), now=world.now, nonce=held.nonce)
    except (InvalidNonce, InvalidJobState):
        if before.nonce == held.nonce and before.state == JobState.IN_PROGRESS:
            raise Violation("INV-12: the holder's result was refused") from None
        return
    if before.nonce != held.nonce:
        raise Violation("INV-10: an old lease's result was taken")
    world.held.extend(Held(job.pk, job.nonce, outside=False, acknowledged=True) for job in claimed)


@step(2, nothing)
def renew_leases(world: World) -> None:
    ours = [held for held in world.held if not held.outside]
    jobs = [job for job in map(world.job, ours[-8:]) if job.state == JobState.IN_PROGRESS]
    renew(jobs, now=world.now)


@step(1, nothing)
def worker_dies(world: World) -> None:
    take_back_from_dead([HOLDER], now=world.now)


def draw_crash(world: World, rng: Random) -> Arguments | None:
    index = some_held(world, rng, outside=False, acknowledged=True)
    return None if index is None else {"index": index, "kindly": rng.random() < 0.5}


@step(2, draw_crash)
def crash(world: World, *, index: int, kindly: bool) -> None:
    """A child process dies, or a worker that is told to end hands its job back."""
    held = held_at(world, index)
    if held is None or held.outside:
        return
    job = world.job(held)
    job.nonce = held.nonce  # as the worker that took it remembers it
    if kindly:
        give_back(job)
    else:
        job_crashed(job, "The child ended.", now=world.now)
