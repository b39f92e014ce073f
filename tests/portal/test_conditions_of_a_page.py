"""Conditions on the pipeline page: what they say, and letting an execution pass."""

import re

import pytest

from apps.executions.models import ConditionExecution
from apps.jobs.models import LogChunk
from apps.tenancy.roles import Role
from tests.executions.guarded import CHECK, WINDOW, condition, make_guarded, rule_at, settle_rule
from tests.factories import NOW, attempt_at, make_account, make_execution, settle, start
from tests.portal.visits import HTMX, address, said, signed_in, tiles

pytestmark = pytest.mark.django_db
ENTRY = {"beforeEntry": condition("FAIL", WINDOW, CHECK)}


def retried(mode: str) -> dict:
    return {"onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": mode}}}


def entering(**guards):
    """Return an execution whose Build asks its rules."""
    return make_execution(make_guarded(**(guards or ENTRY)))


def turned_away(**guards):
    execution = entering(**guards)
    settle_rule(execution, "Window", succeeded=False)
    settle_rule(execution, "Check", summary="It is not none.")
    return execution


def succeeded(result: str):
    """Return an execution whose actions in Build succeeded, and whose rule then failed."""
    execution = entering(onSuccess=condition(result, CHECK))
    settle(execution, "Make")
    settle_rule(execution, "Check", succeeded=False)
    return execution


def read(execution, role: Role = Role.ADMIN, page: str = "pipeline", **query) -> str:
    name = execution.pipeline.name
    return signed_in(execution.account, role).get(address(page, execution.account, name=name), query).content.decode()


def override(execution, role: Role = Role.RELEASER, *, account=None, headers=None, **replaced):
    account = account or execution.account
    given = {"stage": "Build", "execution": execution.pk, "kind": "BEFORE_ENTRY"} | replaced
    there = address("override", account, name=execution.pipeline.name)
    return signed_in(account, role).post(there, given, headers=headers)


def checks(html: str) -> dict[str, str]:
    """Return the state that the page gives each condition and each rule."""
    conditions = re.findall(r'<section class="condition" data-kind="([^"]+)" data-check="([^"]+)"', html)
    rules = re.findall(r'data-rule="([^"]+)" data-check="([^"]+)"', html)
    return dict([*conditions, *rules])


def test_a_condition_shows_its_rules_with_what_they_said():
    html = read(turned_away())
    assert checks(html) == {"BEFORE_ENTRY": "Failed", "Window": "Failed", "Check": "Succeeded"}
    text = said(html)
    for words in ("Before entry", "It is closed.", "It is not none.", "If a rule fails, the stage fails."):
        assert words in text
    assert "Execution 1 failed in Build: the condition “before entry” did not pass (Window)." in text


def test_a_condition_that_was_not_asked_says_so():
    execution = make_execution(make_guarded(**ENTRY), at="Source")
    assert set(checks(read(execution)).values()) == {"NotRun"}
    assert "Not checked yet" in said(read(execution))


def test_while_rules_run_the_sentence_says_so():
    text = said(read(entering()))
    assert "Execution 1 is being checked by the conditions of Build." in text
    assert "Being checked" in text


@pytest.mark.parametrize("result", ["FAIL", "ROLLBACK"])
def test_a_success_that_is_turned_down_says_by_what(result):
    html = read(succeeded(result))
    assert checks(html) == {"ON_SUCCESS": "Failed", "Check": "Failed"}
    assert "the condition “after success” did not pass (Check)" in said(html)


def test_a_skipped_stage_says_so_and_is_not_overridden():
    execution = entering(beforeEntry=condition("SKIP", CHECK))
    settle_rule(execution, "Check", succeeded=False)
    html = read(execution)
    assert 'data-stage="Build" data-state="Skipped"' in html
    assert "override-Build" not in html


@pytest.mark.parametrize(
    ("guard", "sentence"),
    [
        ({"onFailure": {"result": "ROLLBACK"}}, "After failure the stage is rolled back."),
        (retried("FAILED_ACTIONS"), "After failure its failed actions are retried once."),
        (retried("ALL_ACTIONS"), "After failure all of its actions are retried once."),
        ({"onFailure": condition("ROLLBACK", CHECK)}, "If all rules pass, the stage is rolled back."),
    ],
)
def test_what_follows_a_failure_is_said(guard, sentence):
    assert sentence in said(read(entering(**guard)))


# The panel of a rule


def test_a_rule_is_selected_like_an_action():
    execution = turned_away()
    LogChunk.objects.create(
        account=execution.account,
        action_execution_id=rule_at(execution, "Window").pk,
        start=0,
        content=b"It rains.\n",
        written_at=NOW,
    )
    html = read(execution, selected="Build/beforeEntry/Window")
    panel = html.partition("data-panel")[2]
    for words in ("Window", "It is closed.", "JobFailed", "It rains.", "Whole log", "0 0 9 ? * MON-FRI *"):
        assert words in said(panel)
    assert address("log", execution.account, action_execution_id=rule_at(execution, "Window").pk) in panel


def test_a_rule_that_was_not_checked_has_a_panel_without_a_log():
    execution = make_execution(make_guarded(**ENTRY), at="Source")
    panel = read(execution, selected="Build/beforeEntry/Window").partition("data-panel")[2]
    assert "This rule has not been checked." in said(panel)
    assert "data-log=" not in panel


def test_earlier_evaluations_are_shown_when_asked_for():
    execution = turned_away()
    client = signed_in(execution.account)
    fields = {"stage": "Build", "execution": execution.pk, "mode": "ALL_ACTIONS"}
    client.post(address("retry", execution.account, name=execution.pipeline.name), fields)
    assert "It is closed." not in read(execution, selected="Build/beforeEntry/Window")
    panel = read(execution, selected="Build/beforeEntry/Window", attempt=1).partition("data-panel")[2]
    assert "It is closed." in panel
    assert "Attempt 2" in said(panel)


@pytest.mark.parametrize("selected", ["Build/beforeEntry", "Build/beforeEntry/None", "Build/onSuccess/Window", "//"])
def test_a_rule_that_is_not_there_has_no_panel(selected):
    assert "data-panel" not in read(turned_away(), selected=selected)


def test_the_log_of_a_rule_is_read_by_its_members_only():
    execution = turned_away()
    place = {"action_execution_id": rule_at(execution, "Window").pk}
    assert signed_in(execution.account, Role.VIEWER).get(address("log", execution.account, **place)).status_code == 200
    stranger = make_account("Strangers")
    assert signed_in(stranger).get(address("log", stranger, **place)).status_code == 404


# Overriding


def test_an_override_lets_the_execution_pass():
    execution = turned_away()
    answer = override(execution, headers=HTMX)
    assert "The condition of Build was overridden." in said(answer.content.decode())
    assert attempt_at(execution, "Make").state == "InProgress"
    html = read(execution)
    assert checks(html)["BEFORE_ENTRY"] == "Overridden"
    name = execution.account.people.get(memberships__role=Role.RELEASER).username
    assert f"Overridden by {name}." in said(html)
    assert tiles(html)["Build/Make"] == "InProgress"


def test_an_override_of_a_turned_down_success_lets_the_execution_go_on():
    execution = succeeded("FAIL")
    override(execution, kind="ON_SUCCESS")
    execution.refresh_from_db()
    assert (execution.state, execution.stage) == ("InProgress", "Ship")


def test_what_an_override_does_is_said_before():
    execution = turned_away()
    form = read(execution).partition('id="override-Build-BEFORE_ENTRY"')[2].partition("</form>")[0]
    text = said(form)
    assert "These rules did not pass: Window." in text
    assert "The actions of Build start, whatever the rules say." in text
    running = read(entering()).partition('id="override-Build-BEFORE_ENTRY"')[2].partition("</form>")[0]
    assert "still being checked. They are given up." in said(running)


@pytest.mark.parametrize("make", [entering, turned_away, lambda: succeeded("FAIL"), lambda: succeeded("ROLLBACK")])
def test_whoever_may_override_is_shown_the_way_and_it_is_served(make):
    execution = make()
    html = read(execution, Role.RELEASER)
    kind = re.search(r'popovertarget="override-Build-(\w+)"', html)[1]
    answer = override(execution, kind=kind, headers=HTMX)
    assert 'data-level="success"' in answer.content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER])
def test_others_are_not_shown_it_and_are_refused(role):
    execution = turned_away()
    assert "override-Build" not in read(execution, role)
    assert override(execution, role).status_code == 403
    assert ConditionExecution.objects.get().state == "Failed"


def test_a_stranger_overrides_nothing():
    execution = turned_away()
    assert override(execution, account=make_account("Strangers")).status_code == 404
    assert ConditionExecution.objects.get().state == "Failed"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"kind": "ON_SUCCESS"}, "The condition is not being evaluated and did not fail the execution."),
        ({"stage": "Ship"}, "This execution is not in the stage."),
        ({"stage": "Nowhere"}, "does not have a stage"),
    ],
)
def test_a_refusal_is_said_in_the_words_of_the_api(fields, refusal):
    answer = override(turned_away(), headers=HTMX, **fields).content.decode()
    assert 'data-level="error"' in answer
    assert refusal in said(answer)


def test_an_execution_of_another_pipeline_is_refused():
    execution, other = turned_away(), turned_away(beforeEntry=condition("FAIL", WINDOW, CHECK))
    there = address("override", execution.account, name="web")
    fields = {"stage": "Build", "execution": other.pk, "kind": "BEFORE_ENTRY"}
    answer = signed_in(execution.account).post(there, fields, headers=HTMX)
    assert "has no execution" in said(answer.content.decode())
    assert ConditionExecution.objects.filter(state="Overridden").count() == 0


def test_after_a_newer_execution_entered_it_is_refused():
    execution = turned_away()
    settle(start(execution.pipeline), "Fetch")
    assert "a newer execution has entered the stage since" in said(override(execution, headers=HTMX).content.decode())


def test_conditions_cost_the_same_however_many_rules_there_are(django_assert_max_num_queries):
    counts = set()
    for rules in ([CHECK], [CHECK, WINDOW, {**CHECK, "name": "Third"}, {**CHECK, "name": "Fourth"}]):
        execution = entering(beforeEntry=condition("FAIL", *rules), onSuccess=condition("FAIL", *rules[:1]))
        client = signed_in(execution.account)
        with django_assert_max_num_queries(16) as queries:
            client.get(address("pipeline", execution.account, name="web"))
        counts.add(len(queries))
    assert len(counts) == 1
