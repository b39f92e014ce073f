"""Conditions as rows and jobs. What follows from them is the engine's, and tried there."""

import pytest
from django.test.utils import CaptureQueriesContext

from apps.events.models import Event
from apps.executions.errors import ConditionNotOverridable, NotLatestExecution, TooManyExecutions
from apps.executions.models import ActionExecution, ConditionExecution, RuleExecution
from apps.executions.selectors import AttemptFilter, list_rule_executions, pipeline_standing
from apps.executions.services import override_condition, retry_stage, stop_execution
from apps.jobs.services import expire_jobs
from apps.pipelines.errors import PipelineNotFound, StageNotFound
from tests.executions.guarded import CHECK, WINDOW, condition, make_guarded, rule_at, rule_job, settle_rule
from tests.factories import BY, NOW, UNKNOWN, attempt_at, first_execution, make_account, make_execution, settle, start

pytestmark = pytest.mark.django_db
ENTRY = {"beforeEntry": condition("FAIL", WINDOW, CHECK)}


def entering(**members):
    """Return an execution whose Build asks its rules."""
    return make_execution(make_guarded(**(members or ENTRY)))


def states(execution) -> tuple[str, str, dict[str, str]]:
    row = ConditionExecution.objects.filter(execution=execution, is_current=True).latest("id")
    rules = RuleExecution.objects.filter(condition=row)
    return execution.state, row.state, dict(rules.values_list("rule", "state"))


def test_rules_are_jobs_like_actions_with_their_variables_in_place():
    execution = entering()
    job, row = rule_job(execution, "Check"), rule_at(execution, "Check")
    assert (job.action_type, job.performer, job.action_execution_id) == ("Rule/AWS/VariableCheck/1", "worker", row.pk)
    assert job.order["configuration"]["Variable"] == str(execution.pk)
    assert row.configuration["Variable"] == "#{codepipeline.PipelineExecutionId}"
    assert row.resolved_configuration["Variable"] == str(execution.pk)
    assert not ActionExecution.objects.filter(execution=execution, stage="Build").exists()


def test_a_rule_has_an_hour_unless_it_says_otherwise():
    execution = entering(beforeEntry=condition("FAIL", CHECK, {**WINDOW, "timeoutInMinutes": 7}))
    assert (rule_job(execution, "Window").deadline_at - NOW).total_seconds() == 7 * 60


def test_when_all_rules_succeed_the_actions_begin():
    execution = entering()
    settle_rule(execution, "Window", summary="It is open.")
    assert states(execution) == ("InProgress", "InProgress", {"Window": "Succeeded", "Check": "InProgress"})
    settle_rule(execution, "Check")
    assert states(execution)[1] == "Succeeded"
    assert attempt_at(execution, "Make").state == "InProgress"
    assert rule_at(execution, "Window").summary == "It is open."


def test_a_failed_rule_fails_condition_stage_and_execution():
    """Shows CP-123."""
    execution = entering()
    settle_rule(execution, "Window", succeeded=False)
    settle_rule(execution, "Check")
    assert states(execution) == ("Failed", "Failed", {"Window": "Failed", "Check": "Succeeded"})
    assert ConditionExecution.objects.get().summary == "Rules that did not succeed: Window."
    kinds = set(Event.objects.filter(execution_id=execution.pk).values_list("kind", flat=True))
    assert {"ConditionStarted", "RuleStarted", "RuleFailed", "RuleSucceeded", "ConditionFailed"} <= kinds


@pytest.mark.parametrize("code", ["ConfigurationError", "PermissionError", "SystemUnavailable"])
def test_a_rule_that_could_not_be_evaluated_makes_the_condition_errored(code):
    execution = entering()
    settle_rule(execution, "Window", succeeded=False, error_code=code)
    settle_rule(execution, "Check")
    assert states(execution)[:2] == ("Failed", "Errored")


def test_a_rule_whose_time_is_over_has_failed():
    execution = entering(beforeEntry=condition("FAIL", {**WINDOW, "timeoutInMinutes": 5}))
    expire_jobs(now=NOW.replace(hour=10))
    execution.refresh_from_db()
    assert states(execution) == ("Failed", "Failed", {"Window": "Failed"})


def test_a_rule_whose_variable_does_not_exist_could_not_be_evaluated():
    missing = {**CHECK, "configuration": {**CHECK["configuration"], "Variable": "#{codepipeline.Nothing}"}}
    execution = entering(beforeEntry=condition("FAIL", missing))
    assert states(execution) == ("Failed", "Errored", {"Check": "Errored"})
    assert "Rule name=Check" in rule_at(execution, "Check").error_message


def test_a_skipped_stage_lets_the_execution_go_on():
    """Shows CP-124."""
    execution = entering(beforeEntry=condition("SKIP", CHECK))
    settle_rule(execution, "Check", succeeded=False)
    assert (execution.state, execution.stage) == ("InProgress", "Ship")
    assert execution.stage_executions.get(stage="Build").state == "Skipped"


def test_stopping_gives_the_rules_up_and_late_results_change_nothing():
    execution = entering()
    stop_execution(execution.account, "web", execution.pk, abandon=False, reason="", by=BY, now=NOW)
    execution.refresh_from_db()
    assert states(execution) == ("Stopped", "Cancelled", {"Window": "Abandoned", "Check": "Abandoned"})
    assert rule_job(execution, "Window").is_void
    settle_rule(execution, "Window")
    assert states(execution)[2]["Window"] == "Abandoned"


def test_a_retry_of_all_actions_asks_again_and_the_history_keeps_both():
    execution = entering()
    settle_rule(execution, "Window", succeeded=False)
    settle_rule(execution, "Check")
    retry_stage(execution.account, "web", "Build", execution.pk, mode="ALL_ACTIONS", by=BY, now=NOW)
    assert rule_at(execution, "Window").attempt == 2
    page = list_rule_executions(
        execution.account, execution.pipeline, wanted=AttemptFilter(execution.pk), size=10, token=None
    )
    assert len(page.rows) == 4
    latest = AttemptFilter(execution.pk, latest_only=True)
    page = list_rule_executions(execution.account, execution.pipeline, wanted=latest, size=10, token=None)
    assert {(row.rule, row.attempt) for row in page.rows} == {("Window", 2), ("Check", 2)}


def test_rule_executions_come_in_pages():
    execution = entering()
    asked = {"wanted": AttemptFilter(), "size": 1}
    first = list_rule_executions(execution.account, execution.pipeline, **asked, token=None)
    second = list_rule_executions(execution.account, execution.pipeline, **asked, token=first.next_token)
    assert {first.rows[0].rule, second.rows[0].rule} == {"Window", "Check"}
    assert second.next_token is None


# Overriding


def override(execution, **replaced):
    facts = {
        "account": execution.account,
        "pipeline_name": execution.pipeline.name,
        "stage": "Build",
        "execution_id": execution.pk,
    } | replaced
    kind = facts.pop("kind", "BEFORE_ENTRY")
    override_condition(*facts.values(), kind=kind, by=BY, now=NOW)
    execution.refresh_from_db()


def turned_away(**members):
    execution = entering(beforeEntry=condition("FAIL", CHECK), **members)
    settle_rule(execution, "Check", succeeded=False)
    assert execution.state == "Failed"
    return execution


def test_an_override_lets_the_execution_pass():
    """Shows CP-125."""
    execution = turned_away()
    override(execution)
    assert states(execution) == ("InProgress", "Overridden", {"Check": "Failed"})
    assert attempt_at(execution, "Make").state == "InProgress"
    assert ConditionExecution.objects.get().summary == f"Overridden by {BY}."
    assert Event.objects.filter(kind="ConditionOverrideRequested", data__by=BY).exists()


def test_an_override_while_rules_run_gives_them_up():
    execution = entering()
    override(execution)
    assert states(execution) == ("InProgress", "Overridden", {"Window": "Abandoned", "Check": "Abandoned"})
    assert rule_job(execution, "Check").is_void


@pytest.mark.parametrize(
    ("replaced", "refusal"),
    [
        ({"stage": "Nowhere"}, StageNotFound),
        ({"stage": "Ship"}, ConditionNotOverridable),
        ({"pipeline_name": "none"}, PipelineNotFound),
        ({"execution_id": UNKNOWN}, ConditionNotOverridable),
        ({"kind": "ON_SUCCESS"}, ConditionNotOverridable),
    ],
)
def test_what_is_not_there_is_not_overridden(replaced, refusal):
    with pytest.raises(refusal):
        override(turned_away(), **replaced)


def test_a_stranger_overrides_nothing():
    execution = turned_away()
    with pytest.raises(PipelineNotFound):
        override(execution, account=make_account("Umbrella"))
    execution.refresh_from_db()
    assert execution.state == "Failed"


def test_after_a_newer_execution_entered_nothing_is_overridden():
    execution = turned_away()
    make_execution(execution.pipeline)
    with pytest.raises(NotLatestExecution):
        override(execution)


def test_an_active_execution_too_many_is_refused(settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    execution = turned_away(mode="PARALLEL")
    start(execution.pipeline)
    with pytest.raises(TooManyExecutions):
        override(execution)


# How it stands, and what it costs


def test_a_stage_shows_its_conditions_with_what_came_of_them():
    execution = entering()
    settle_rule(execution, "Window")
    stage = pipeline_standing(execution.account, "web").stages[1]
    (shown,) = stage.conditions
    assert (shown.kind, shown.result, shown.latest.state) == ("BEFORE_ENTRY", "FAIL", "InProgress")
    assert {rule.name: rule.latest.state for rule in shown.rules} == {"Window": "Succeeded", "Check": "InProgress"}


def test_a_condition_that_was_never_asked_shows_without_an_evaluation():
    pipeline = make_guarded(onSuccess=condition("FAIL", CHECK))
    (shown,) = pipeline_standing(pipeline.account, "web").stages[1].conditions
    assert (shown.latest, [rule.latest for rule in shown.rules]) == (None, [None])


def test_conditions_are_read_only_where_the_plan_has_them(django_assert_num_queries):
    from django.db import connection

    execution = make_execution()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        settle(execution, "Make")
        pipeline_standing(execution.account, "web")
    assert not [
        each["sql"] for each in queries if "conditionexecution" in each["sql"] or "ruleexecution" in each["sql"]
    ]
    assert first_execution(execution.pipeline).state == "Succeeded"
