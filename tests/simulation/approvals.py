"""People who approve, each as often as they like, under a rule that changes; and what must hold of their answers."""

from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID

from apps.core.statements import Statement
from apps.executions.errors import StarterMayNotApprove
from apps.executions.models import ActionExecution, ApprovalGiven
from apps.executions.services import decide_approval
from apps.pipelines.selectors import approval_rule
from apps.pipelines.services import set_approval_rule
from tests.simulation.steps import Arguments, refuse_unless, step
from tests.simulation.world import BY, NAME, World

# Whoever else does something here is the first of them: all that starts, they started.
PEOPLE = (BY, *(BY.replace("simulated", name) for name in ("ann", "bob", "cay")))
MOST_NEEDED = len(PEOPLE) - 1  # without the starter there are as many
GIVEN = Statement(
    lambda account: ApprovalGiven.objects.filter(account=account).order_by().values_list("action_execution_id", "by"),
    account=ApprovalGiven.account,
)


def draw_approval(world: World, rng: Random) -> Arguments | None:
    waiting = ActionExecution.objects.for_account(world.account).filter(action_type__startswith="Approval/")
    rows = list(
        waiting.order_by("started_at", "pk").values_list("execution__number", "stage", "action", "attempt", "state")
    )
    open_ones = [row for row in rows if row[4] == "InProgress"]
    chosen = rng.choice(open_ones) if open_ones and rng.random() < 0.9 else rng.choice(rows) if rows else None
    if chosen is None:
        return None
    number, stage, action, attempt, _ = chosen
    return {
        "number": number, "stage": stage, "action": action, "attempt": attempt, "approved": rng.random() < 0.85,
        "person": rng.randrange(len(PEOPLE)),
    }  # fmt: skip


@step(9, draw_approval)
def decide(
    world: World, *, number: int, stage: str, action: str, attempt: int, approved: bool, person: int = 0
) -> None:
    rows = ActionExecution.objects.for_account(world.account).filter(pipeline__deleted_at=None)
    row = rows.filter(execution__number=number, stage=stage, action=action, attempt=attempt).order_by().first()
    if row is None:
        return
    answer(world, row, PEOPLE[person], approved=approved)
    refuse_unless(row.state == "InProgress", "the approval did not wait", state=row.state)
    barred = approval_rule(world.account, NAME).not_the_starter
    refuse_unless(not (approved and barred and person == 0), "its starter may not approve it")


@step(2, lambda world, rng: {"needed": rng.randint(1, MOST_NEEDED), "not_the_starter": rng.random() < 0.4})
def change_approval_rule(world: World, *, needed: int, not_the_starter: bool) -> None:
    set_approval_rule(world.account, NAME, needed=needed, not_the_starter=not_the_starter, by=BY, now=world.now)


def answer_all(world: World, rng: Random, fails: float) -> bool:
    """Have every approval that waits decided, by as many people as that takes. Returns whether there were any."""
    waiting = ActionExecution.objects.for_account(world.account).filter(
        state="InProgress", action_type__startswith="Approval/", pipeline__deleted_at=None
    )
    found = list(waiting.order_by("pk"))
    for row in found:
        approved = rng.random() >= fails
        for person in PEOPLE:
            try:
                answer(world, row, person, approved=approved)
            except StarterMayNotApprove:
                continue
            row.refresh_from_db()
            if row.state != "InProgress":
                break
    return bool(found)


def answer(world: World, row: ActionExecution, person: str, *, approved: bool) -> None:
    if approved:
        world.approved.setdefault(row.pk, set()).add(person)  # before: whoever dies in the call may have been heard
    decide_approval(
        world.account, NAME, row.stage, row.action, token=row.pk, approved=approved, summary="", by=person,
        now=world.now,
    )  # fmt: skip


def approvals_are_of_enough_people(log: Any, now: Any, before: Any) -> Iterable[str]:
    """One step lies between two pictures, so the rule now is the rule under which an approval ended."""
    world = log.world
    rule = approval_rule(world.account, NAME)
    given: dict[UUID, set[str]] = {}
    for action, by in GIVEN.rows(account=world.account.pk):
        given.setdefault(action, set()).add(by)
    for action, people in given.items():
        if people - world.approved.get(action, set()):
            yield f"{action} was approved by {people}, of whom only {world.approved.get(action)} did"
    for key, row in now.actions.items():
        earlier = before.actions.get(key)
        if not row.action_type.startswith("Approval/") or row.state != "Succeeded":
            continue
        if earlier is not None and earlier.state == "Succeeded":
            continue
        counted = given.get(key, set()) - ({BY} if rule.not_the_starter else set())
        if len(counted) < rule.needed:
            yield f"{row} succeeded by {sorted(counted)}, and {rule.needed} were needed"
