from datetime import timedelta

import pytest

from apps.events.models import Event
from apps.executions.errors import ApprovalAlreadyCompleted, ApprovalSummaryRequired, InvalidApprovalToken
from apps.executions.models import PipelineExecution
from apps.executions.services import decide_approval, retry_stage, stop_execution
from apps.jobs.services import expire_jobs
from apps.pipelines.errors import ActionNotFound, PipelineNotFound, StageNotFound
from apps.pipelines.services import update_pipeline
from tests.factories import (
    APPROVAL,
    BY,
    GATED,
    NOW,
    UNKNOWN,
    attempt_at,
    make_account,
    make_declaration,
    make_execution,
    make_pipeline,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def execution() -> PipelineExecution:
    """An execution that waits for a person."""
    return make_execution(make_pipeline(stages=GATED), at="Gate")


def decide(execution: PipelineExecution, *, approved: bool = True, summary: str = "Fine.", **replaced):
    facts = {
        "account": execution.account,
        "pipeline_name": execution.pipeline.name,
        "stage": "Gate",
        "action": APPROVAL,
    } | replaced
    token = facts.pop("token", None) or attempt_at(execution, APPROVAL).pk
    return decide_approval(*facts.values(), token=token, approved=approved, summary=summary, by=BY, now=NOW)


def test_approved_goes_on(execution):
    assert decide(execution) == NOW
    execution.refresh_from_db()
    assert (execution.state, execution.stage) == ("InProgress", "Ship")
    action = attempt_at(execution, APPROVAL)
    assert (action.state, action.summary, action.updated_by) == ("Succeeded", "Fine.", BY)


def test_rejected_fails_and_adds_no_error_details(execution):
    decide(execution, approved=False, summary="Not today.")
    execution.refresh_from_db()
    assert execution.state == "Failed"
    action = attempt_at(execution, APPROVAL)
    assert (action.state, action.summary, action.error_code) == ("Failed", "Not today.", "")


@pytest.mark.parametrize("again", [True, False])
def test_what_was_decided_is_decided(execution, again):
    """Shows INV-21."""
    decide(execution)
    with pytest.raises(ApprovalAlreadyCompleted):
        decide(execution, approved=again)
    assert Event.objects.filter(kind="JobSucceeded", action=APPROVAL).count() == 1


def test_an_expired_approval_takes_no_answer(execution):
    assert expire_jobs(now=NOW + timedelta(days=7)) == 1
    execution.refresh_from_db()
    assert (execution.state, attempt_at(execution, APPROVAL).state) == ("Failed", "Failed")
    with pytest.raises(ApprovalAlreadyCompleted):
        decide(execution)


def test_an_approval_does_not_expire_before_its_time(execution):
    assert expire_jobs(now=NOW + timedelta(days=7, seconds=-1)) == 0


def test_a_token_of_an_earlier_attempt_is_not_valid_for_the_new_one(execution):
    decide(execution, approved=False)
    old = attempt_at(execution, APPROVAL).pk
    retry_stage(execution.account, "web", "Gate", execution.pk, mode="FAILED_ACTIONS", by=BY, now=NOW)
    with pytest.raises(ApprovalAlreadyCompleted):
        decide(execution, token=old)
    decide(execution)
    execution.refresh_from_db()
    assert execution.stage == "Ship"


def test_an_abandoned_approval_takes_no_answer(execution):
    stop_execution(execution.account, "web", execution.pk, abandon=True, reason="", by=BY, now=NOW)
    with pytest.raises(InvalidApprovalToken):
        decide(execution)


def test_a_pending_approval_stays_answerable_while_the_execution_stops(execution):
    stop_execution(execution.account, "web", execution.pk, abandon=False, reason="", by=BY, now=NOW)
    decide(execution)
    execution.refresh_from_db()
    assert (execution.state, attempt_at(execution, APPROVAL).state) == ("Stopped", "Succeeded")


def test_an_update_makes_a_pending_approval_void(execution):
    update_pipeline(execution.account, make_declaration(execution.account, GATED), by=BY, now=NOW)
    execution.refresh_from_db()
    assert (execution.state, attempt_at(execution, APPROVAL).state) == ("Cancelled", "Failed")
    with pytest.raises(InvalidApprovalToken):
        decide(execution)


def test_what_runs_on_by_an_earlier_version_can_still_be_decided():
    """In PARALLEL mode an update leaves executions as they are: their approvals must not wait for nobody."""
    execution = make_execution(make_pipeline(stages=GATED, mode="PARALLEL"), at="Gate")
    update_pipeline(execution.account, make_declaration(execution.account, mode="PARALLEL"), by=BY, now=NOW)
    decide(execution)
    execution.refresh_from_db()
    assert (execution.state, execution.stage) == ("InProgress", "Ship")


def test_a_summary_that_is_asked_for_must_be_given_and_the_approval_waits_on():
    account = make_account()
    declaration = make_declaration(account, GATED)
    declaration["stages"][1]["actions"][0]["configuration"] = {"IsSummaryRequired": "true"}
    execution = make_execution(make_pipeline(account=account, declaration=declaration), at="Gate")
    with pytest.raises(ApprovalSummaryRequired):
        decide(execution, summary="  ")
    assert attempt_at(execution, APPROVAL).state == "InProgress"
    decide(execution, summary="Seen.")


@pytest.mark.parametrize(
    ("replaced", "refusal"),
    [
        ({"pipeline_name": "none"}, PipelineNotFound),
        ({"stage": "Nowhere"}, StageNotFound),
        ({"action": "Nothing"}, ActionNotFound),
        ({"token": UNKNOWN}, InvalidApprovalToken),
        ({"stage": "Ship", "action": "Send"}, InvalidApprovalToken),
    ],
)
def test_what_does_not_wait_is_not_decided(execution, replaced, refusal):
    with pytest.raises(refusal):
        decide(execution, **replaced)
    assert attempt_at(execution, APPROVAL).state == "InProgress"


def test_a_stranger_with_the_token_decides_nothing(execution):
    stranger = make_account("Umbrella")
    with pytest.raises(PipelineNotFound):
        decide(execution, account=stranger)
    make_execution(make_pipeline(account=stranger, stages=GATED), at="Gate")
    with pytest.raises(InvalidApprovalToken):
        decide(execution, account=stranger)
    assert attempt_at(execution, APPROVAL).state == "InProgress"


def test_the_token_of_something_that_is_no_approval_is_not_valid():
    execution = make_execution()
    with pytest.raises(InvalidApprovalToken):
        decide(execution, stage="Build", action="Make", token=attempt_at(execution, "Make").pk)
