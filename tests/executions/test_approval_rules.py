"""Approvals beyond AWS: how many people it takes, and not who started it."""

import json

import pytest

from apps.events.models import Event
from apps.executions.errors import ApprovalAlreadyCompleted, StarterMayNotApprove
from apps.executions.models import ApprovalGiven, PipelineExecution
from apps.executions.services import decide_approval, retry_stage, roll_back_stage
from apps.pipelines.errors import ApprovalRuleInvalid, PipelineNotFound
from apps.pipelines.selectors import approval_rule
from apps.pipelines.services import create_pipeline, delete_pipeline, set_approval_rule
from apps.tenancy.roles import Role
from tests.factories import (
    APPROVAL,
    BY,
    GATED,
    NOW,
    attempt_at,
    make_account,
    make_declaration,
    make_execution,
    make_member,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db


def arn(name: str) -> str:
    return BY.replace("tests", name)


ANN, BOB, CAY = map(arn, ("ann", "bob", "cay"))


def asking(*, needed: int = 1, not_the_starter: bool = False) -> PipelineExecution:
    """Return an execution that ann started and that waits for people."""
    pipeline = make_pipeline(stages=GATED)
    rule(pipeline, needed=needed, not_the_starter=not_the_starter)
    settle(make_execution(pipeline, at="Source"), "Fetch", succeeded=False)
    execution = start(pipeline, started_by=[ANN])
    settle(execution, "Fetch")
    return execution


def rule(pipeline, **fields):
    asked = {"needed": 1, "not_the_starter": False} | fields
    return set_approval_rule(pipeline.account, pipeline.name, **asked, by=BY, now=NOW)


def decide(execution: PipelineExecution, by: str, *, approved: bool = True, summary: str = "Fine.", now=NOW):
    token = attempt_at(execution, APPROVAL).pk
    return decide_approval(
        execution.account, "web", "Gate", APPROVAL, token=token, approved=approved, summary=summary, by=by, now=now
    )


def state(execution: PipelineExecution) -> str:
    return attempt_at(execution, APPROVAL).state


def test_the_last_of_those_needed_ends_it():
    execution = asking(needed=3)
    assert decide(execution, ANN) == decide(execution, BOB) == NOW
    assert state(execution) == "InProgress"
    decide(execution, CAY, summary="Go.")
    action = attempt_at(execution, APPROVAL)
    assert (action.state, action.summary, action.updated_by) == ("Succeeded", "Go.", CAY)
    assert [row.by for row in action.approvals_given.order_by("pk")] == [ANN, BOB, CAY]
    with pytest.raises(ApprovalAlreadyCompleted):
        decide(execution, arn("dan"))
    told = Event.objects.filter(kind="ApprovalGiven").order_by("sequence")
    assert [(each.data["given"], each.data["needed"]) for each in told] == [(1, 3), (2, 3), (3, 3)]


def test_who_approves_again_counts_once_and_gets_the_same_answer():
    execution = asking(needed=2)
    first = decide(execution, ANN)
    assert decide(execution, ANN, now=NOW.replace(hour=10)) == first
    assert (state(execution), ApprovalGiven.objects.count()) == ("InProgress", 1)


def test_one_rejection_rejects_also_by_who_had_approved():
    execution = asking(needed=2)
    decide(execution, ANN)
    decide(execution, ANN, approved=False, summary="On second thoughts.")
    assert (state(execution), attempt_at(execution, APPROVAL).summary) == ("Failed", "On second thoughts.")


def test_a_new_attempt_begins_to_count_anew():
    execution = asking(needed=2)
    decide(execution, ANN)
    decide(execution, BOB, approved=False)
    retry_stage(execution.account, "web", "Gate", execution.pk, mode="FAILED_ACTIONS", by=BY, now=NOW)
    decide(execution, BOB)
    assert state(execution) == "InProgress"
    decide(execution, ANN)
    assert state(execution) == "Succeeded"


def test_a_rule_that_is_changed_holds_for_what_waits_already():
    execution = asking(needed=2)
    decide(execution, ANN)
    rule(execution.pipeline, needed=3)
    decide(execution, BOB)
    assert state(execution) == "InProgress"
    rule(execution.pipeline, needed=2)
    assert state(execution) == "InProgress"  # a rule approves nothing by itself
    decide(execution, BOB)
    assert state(execution) == "Succeeded"


def test_who_started_it_may_reject_and_not_approve():
    execution = asking(not_the_starter=True)
    for name, role in (("ann", Role.RELEASER), ("bob", Role.RELEASER), ("cay", Role.ADMIN), ("dan", Role.DEVELOPER)):
        make_member(execution.account, role, username=name)
    own = PipelineExecution.objects.filter(pk=execution.pk)
    own.update(started_by=[f"arn:aws:iam::{execution.account.number}:user/ann"])
    with pytest.raises(StarterMayNotApprove) as refused:
        decide(execution, own.get().started_by[0])
    assert str(refused.value) == (
        "You started this execution, and the approval rule of pipeline 'web' asks for somebody else. "
        "Who can approve: bob, cay."
    )
    assert (state(execution), ApprovalGiven.objects.count()) == ("InProgress", 0)
    decide(execution, own.get().started_by[0], approved=False)
    assert state(execution) == "Failed"


def test_where_nobody_else_may_approve_that_is_said():
    with pytest.raises(StarterMayNotApprove, match="ask an admin to give it to somebody"):
        decide(asking(not_the_starter=True), ANN)


def test_without_the_rule_who_started_it_may_approve():
    execution = asking()
    decide(execution, ANN)
    assert state(execution) == "Succeeded"


def test_who_retried_it_started_it_too_and_what_they_approved_before_counts_no_more():
    pipeline = make_pipeline(stages={"Gate": {APPROVAL: 1, "Test": 1}, "Ship": {"Send": 1}})
    rule(pipeline, needed=2, not_the_starter=True)
    execution = make_execution(pipeline, at="Gate")
    decide(execution, BOB)
    settle(execution, "Test", succeeded=False)
    retry_stage(execution.account, "web", "Gate", execution.pk, mode="FAILED_ACTIONS", by=BOB, now=NOW)
    decide(execution, CAY)
    assert state(execution) == "InProgress"
    with pytest.raises(StarterMayNotApprove):
        decide(execution, BOB)
    decide(execution, ANN)
    assert state(execution) == "Succeeded"


def test_who_rolls_back_started_that_and_a_rollback_by_itself_is_of_who_started_what_failed():
    pipeline = make_pipeline(stages={"Gate": {"Make": 1}})
    execution = make_execution(pipeline, at="Gate")
    settle(execution, "Make")
    begun = roll_back_stage(pipeline.account, "web", "Gate", execution.pk, by=CAY, now=NOW)
    assert begun.started_by == [CAY]
    account = make_account()
    declaration = make_declaration(account, {"Gate": {"Make": 1}})
    declaration["stages"][1]["onFailure"] = {"result": "ROLLBACK"}
    pipeline = make_pipeline(account=account, declaration=declaration)
    settle(make_execution(pipeline, at="Gate"), "Make")
    failing = start(pipeline, started_by=[ANN], invoked_through=["above"])
    settle(failing, "Fetch")
    settle(failing, "Make", succeeded=False)
    rolled_back = PipelineExecution.objects.get(pipeline=pipeline, type="ROLLBACK")
    assert json.loads(rolled_back.trigger_detail) == {"FailedPipelineExecutionId": str(failing.pk)}
    assert (rolled_back.started_by, rolled_back.invoked_through) == ([ANN], ["above"])


def test_who_creates_a_pipeline_started_its_first_execution():
    assert make_execution().started_by == [BY]


def test_the_rule_outlives_its_pipeline_so_that_making_it_anew_is_no_way_around():
    execution = asking(needed=2)
    account = execution.account
    delete_pipeline(account, "web", by=BY, now=NOW)
    create_pipeline(account, make_declaration(account, GATED), tags={}, by=BY, now=NOW)
    assert approval_rule(account, "web").needed == 2
    with pytest.raises(PipelineNotFound):
        set_approval_rule(account, "none", needed=2, not_the_starter=False, by=BY, now=NOW)


@pytest.mark.parametrize("needed", [0, -1, 21])
def test_a_number_that_makes_no_sense_is_refused(needed):
    pipeline = make_pipeline()
    with pytest.raises(ApprovalRuleInvalid, match="1 to 20 people"):
        rule(pipeline, needed=needed)


def test_a_rule_is_of_its_account():
    execution = asking(needed=2)
    stranger = make_account("Umbrella")
    with pytest.raises(PipelineNotFound):
        set_approval_rule(stranger, "web", needed=1, not_the_starter=False, by=BY, now=NOW)
    assert approval_rule(stranger, "web").needed == 1
    assert approval_rule(execution.account, "web").needed == 2
