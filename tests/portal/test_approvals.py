"""The pages say what an approval asks for, who has approved, and who may not; an admin says what it asks for."""

import pytest
from django.test import Client

from apps.executions.models import PipelineExecution
from apps.pipelines.selectors import approval_rule
from apps.pipelines.services import set_approval_rule
from apps.tenancy.roles import Role
from tests.factories import APPROVAL, BY, GATED, NOW, attempt_at, make_execution, make_member, make_pipeline
from tests.portal.visits import address, said, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def execution() -> PipelineExecution:
    return make_execution(make_pipeline(stages=GATED), at="Gate")


def ask_for(execution: PipelineExecution, needed: int = 1, *, not_the_starter: bool = False) -> None:
    asked = {"needed": needed, "not_the_starter": not_the_starter}
    set_approval_rule(execution.account, "web", **asked, by=BY, now=NOW)


def as_(execution: PipelineExecution, name: str) -> Client:
    client = Client()
    member = make_member(execution.account, Role.RELEASER, username=name)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def decide(client: Client, execution: PipelineExecution, decision: str = "approve", **fields: str):
    facts = {"token": attempt_at(execution, APPROVAL).pk, "stage": "Gate", "action": APPROVAL, "decision": decision}
    there = address("approval", execution.account, name="web")
    return said(client.post(there, {**facts, **fields}, follow=True).content.decode())


def panel(client: Client, execution: PipelineExecution) -> str:
    there = address("pipeline", execution.account, name="web")
    return client.get(there, {"selected": f"Gate/{APPROVAL}"}).content.decode()


def test_several_people_approve_and_the_panel_counts_them(execution):
    ask_for(execution, 2)
    ann, bob = as_(execution, "ann"), as_(execution, "bob")
    assert "0 of 2 approvals given." in said(panel(ann, execution))
    decide(ann, execution, summary="Looks good.")
    seen = panel(ann, execution)
    assert "1 of 2 approvals given." in said(seen)
    assert "You have approved it. 1 more is needed." in said(seen)
    assert ("Looks good." in seen, 'value="approve"' in seen, 'value="reject"' in seen) == (True, False, True)
    assert 'value="approve"' in panel(bob, execution)
    decide(bob, execution)
    assert attempt_at(execution, APPROVAL).state == "Succeeded"


def test_who_started_it_is_not_offered_to_approve_and_is_told_why(execution):
    ask_for(execution, not_the_starter=True)
    ann = as_(execution, "ann")
    arn = f"arn:aws:iam::{execution.account.number}:user/ann"
    PipelineExecution.objects.filter(pk=execution.pk).update(started_by=[arn])
    seen = panel(ann, execution)
    assert "Started by ann, who may not approve it." in said(seen)
    assert "You started this execution, so another releaser has to approve it. You may reject it." in said(seen)
    assert ('value="approve"' in seen, 'value="reject"' in seen) == (False, True)
    as_(execution, "bob")
    assert "Who can approve: bob." in decide(ann, execution)
    assert attempt_at(execution, APPROVAL).state == "InProgress"
    decide(ann, execution, "reject")
    assert attempt_at(execution, APPROVAL).state == "Failed"


def test_without_a_rule_the_panel_says_nothing_of_one(execution):
    seen = said(panel(as_(execution, "ann"), execution))
    assert "approvals given" not in seen
    assert "may not approve" not in seen


def rule_form(client: Client, execution: PipelineExecution, **fields: str) -> str:
    there = address("approval-rule", execution.account, name="web")
    return said(client.post(there, fields, follow=True).content.decode())


def test_an_admin_says_what_approvals_ask_for(execution):
    admin = signed_in(execution.account)
    shown = rule_form(admin, execution, needed="3", not_the_starter="on")
    assert "3 different people have to approve. Who started the execution may not be one of them." in shown
    assert "The approval rule was saved." in shown
    rule = approval_rule(execution.account, "web")
    assert (rule.needed, rule.not_the_starter) == (3, True)
    assert "An approval needs 1 to 20 people" in rule_form(admin, execution, needed="many")
    assert approval_rule(execution.account, "web").needed == 3
    assert "One approval is enough. Who started the execution may be one of them." in rule_form(
        admin, execution, needed="1"
    )


def test_others_read_what_waits_and_are_offered_no_form(execution):
    ask_for(execution, 2, not_the_starter=True)
    there = address("approvals", execution.account, name="web")
    html = signed_in(execution.account, Role.RELEASER).get(there).content.decode()
    assert "0 of 2 approvals given. Started by tests, who may not approve it." in said(html)
    assert "An admin of this account can change it." in said(html)
    assert address("approval-rule", execution.account, name="web") not in html
    assert f"?selected=Gate/{APPROVAL}" in html


def test_a_link_to_a_page_that_is_none_leads_to_the_first(execution):
    there = address("approvals", execution.account, name="web")
    assert signed_in(execution.account).get(there, {"after": "x"})["Location"] == there
