"""The pipeline page says what waits, to the end of its chain, and offers the way out to who may take it."""

import pytest
from django.urls import reverse

from apps.pipelines.services import set_transition
from apps.tenancy.roles import Role
from tests.factories import APPROVAL, BY, NOW, first_execution, make_member, make_pipeline, settle, start

pytestmark = pytest.mark.django_db


def page_of(client, pipeline, role: Role = Role.RELEASER) -> str:
    client.force_login(make_member(pipeline.account, role), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("portal:pipeline", kwargs={"account": pipeline.account.number, "name": pipeline.name})
    return client.get(address).content.decode()


@pytest.fixture
def asking():
    pipeline = make_pipeline(stages={"Release": {APPROVAL: 1}})
    settle(first_execution(pipeline), "Fetch")
    settle(start(pipeline), "Fetch")
    return pipeline


def test_each_execution_that_waits_has_a_line_to_the_end_of_its_chain(client, asking):
    page = page_of(client, asking)
    assert page.count('class="waits__line"') == 2
    assert "Release is busy with execution 1, itself held: Release waits for the approval “Approve”." in page
    assert page.count("Expires") >= 2


@pytest.mark.parametrize(("role", "may"), [(Role.RELEASER, True), (Role.DEVELOPER, False), (Role.VIEWER, False)])
def test_who_may_decide_is_led_to_the_approval_and_others_are_told_who(client, asking, role, may):
    page = page_of(client, asking, role)
    assert ("?selected=Release/Approve" in page.partition('class="waits"')[2].partition("</section>")[0]) == may
    assert ("A releaser decides." in page) != may


def test_what_somebody_wrote_is_text(client):
    pipeline = make_pipeline()
    set_transition(
        pipeline.account, pipeline.name, "Build", "Inbound", enabled=False, by=BY, now=NOW, reason="<b>freeze</b>"
    )
    settle(first_execution(pipeline), "Fetch")
    page = page_of(client, pipeline)
    assert "A releaser can enable it." in page
    assert "<b>freeze</b>" not in page


def test_a_pipeline_in_which_all_has_ended_has_no_such_part(client):
    pipeline = make_pipeline()
    settle(first_execution(pipeline), "Fetch")
    settle(first_execution(pipeline), "Make")
    assert 'class="waits"' not in page_of(client, pipeline)


def test_a_long_line_is_cut_and_says_so(client):
    pipeline = make_pipeline(mode="PARALLEL")
    for _ in range(8):
        start(pipeline)
    page = page_of(client, pipeline)
    assert page.count('class="waits__line"') == 6
    assert "3 more executions wait." in page
