"""What the page offers is served, and what it does not offer would be refused: retry, stop, roll back."""

import re

import pytest

from apps.executions.errors import (
    DuplicateStopRequest,
    ExecutionNotStoppable,
    NotLatestExecution,
    RollbackRefused,
    StageNotRetryable,
)
from apps.executions.models import PipelineExecution, StageExecution
from apps.executions.services import retry_stage, roll_back_stage, stop_execution
from apps.pipelines.models import Pipeline
from apps.tenancy.roles import Role
from tests.executions.guarded import CHECK, condition, make_guarded, settle_rule
from tests.factories import BY, NOW, first_execution, make_execution, make_pipeline, settle, start
from tests.portal.visits import address, said, signed_in

pytestmark = pytest.mark.django_db
STAGES = {"Build": {"Make": 1, "Check": 1}, "Ship": {"Send": 1}}
RETRY = {"onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}}
ROLLBACK = {"onFailure": {"result": "ROLLBACK"}}
REFUSALS = (StageNotRetryable, NotLatestExecution, RollbackRefused, DuplicateStopRequest, ExecutionNotStoppable)


def guarded(**guards) -> PipelineExecution:
    return make_execution(make_guarded(stages=STAGES, **guards))


def running() -> PipelineExecution:
    return guarded()


def half_failed() -> PipelineExecution:
    settle(execution := guarded(), "Make", succeeded=False)
    return execution


def failed(**guards) -> PipelineExecution:
    settle(execution := guarded(**guards), "Make")
    settle(execution, "Check", succeeded=False)
    return execution


def stop(execution: PipelineExecution, *, abandon: bool) -> PipelineExecution:
    stop_execution(execution.account, "web", execution.pk, abandon=abandon, reason="", by=BY, now=NOW)
    execution.refresh_from_db()
    return execution


def stopping() -> PipelineExecution:
    return stop(running(), abandon=False)


def stopped() -> PipelineExecution:
    return stop(running(), abandon=True)


def succeeded() -> PipelineExecution:
    settle(execution := guarded(), "Make", "Check")
    settle(execution, "Send")
    return execution


def went_on() -> PipelineExecution:
    settle(execution := guarded(), "Make", "Check")
    return execution


def turned_away() -> PipelineExecution:
    settle_rule(execution := guarded(beforeEntry=condition("FAIL", CHECK)), "Check", succeeded=False)
    return execution


def being_checked() -> PipelineExecution:
    return guarded(beforeEntry=condition("FAIL", CHECK))


def turned_down(result: str) -> PipelineExecution:
    execution = guarded(onSuccess=condition(result, {**CHECK, "name": "Rule"}))
    settle(execution, "Make", "Check")
    settle_rule(execution, "Rule", succeeded=False)
    return execution


def outdated() -> PipelineExecution:
    execution = failed()
    Pipeline.objects.filter(pk=execution.pipeline_id).update(version=1)
    PipelineExecution.objects.filter(pk=execution.pk).update(version=0)
    return execution


SITUATIONS = {
    "running": running,
    "half failed": half_failed,
    "failed": failed,
    "failed after an automatic retry": lambda: retried_by_itself(fails=True),
    "retried by itself": lambda: retried_by_itself(fails=False),
    "stopping": stopping,
    "stopped": stopped,
    "succeeded": succeeded,
    "went on": went_on,
    "turned away": turned_away,
    "being checked": being_checked,
    "turned down": lambda: turned_down("FAIL"),
    "turned down and rolled back": lambda: turned_down("ROLLBACK"),
}


def retried_by_itself(*, fails: bool) -> PipelineExecution:
    execution = failed(**RETRY)
    if fails:
        settle(execution, "Check", succeeded=False)
    return execution


def card(execution: PipelineExecution, stage: str = "Build", role: Role = Role.ADMIN) -> str:
    page = signed_in(execution.account, role).get(address("pipeline", execution.account, name="web"))
    return (
        page.content.decode()
        .partition(f'<article class="stage-card" data-stage="{stage}"')[2]
        .partition("</article>")[0]
    )


def offered(html: str) -> set[str]:
    retries = re.findall(r'name="mode" value="(FAILED_ACTIONS|ALL_ACTIONS)"', html)
    stops = re.findall(r'name="mode" value="(wait|abandon)"', html)
    return {*retries, *stops, *(["roll back"] if "/stages/Build/rollbacks/" in html else [])}


def try_to(do: str, execution: PipelineExecution) -> bool:
    """Tell whether the API serves a request."""
    place = (execution.account, "web", "Build", execution.pk)
    facts = {"by": BY, "now": NOW}
    try:
        if do in ("wait", "abandon"):
            stop_execution(execution.account, "web", execution.pk, abandon=do == "abandon", reason="", **facts)
        elif do == "roll back":
            StageExecution.objects.filter(execution=execution, stage="Build").update(state="Succeeded")
            roll_back_stage(*place, **facts)
        else:
            retry_stage(*place, mode=do, **facts)
    except REFUSALS:
        return False
    return True


@pytest.mark.parametrize("do", ["FAILED_ACTIONS", "ALL_ACTIONS", "wait", "abandon"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_offered_is_what_is_served(situation, do):
    execution = SITUATIONS[situation]()
    is_offered = do in offered(card(execution))
    both_do_the_same = situation == "turned away" and do == "FAILED_ACTIONS"
    went_elsewhere = situation == "went on" and do in ("wait", "abandon")
    if went_elsewhere or both_do_the_same:
        assert not is_offered
    else:
        assert is_offered == try_to(do, execution)


@pytest.mark.parametrize("situation", ["running", "stopping", "being checked", "failed", "stopped", "succeeded"])
def test_a_rollback_is_offered_when_the_stage_is_free(situation):
    execution = SITUATIONS[situation]()
    is_free = situation in ("failed", "stopped", "succeeded")
    assert ("roll back" in offered(card(execution))) == is_free
    if is_free:
        assert try_to("roll back", execution)


def test_after_an_update_nothing_is_retried():
    execution = outdated()
    assert offered(card(execution)) & {"FAILED_ACTIONS", "ALL_ACTIONS"} == set()


@pytest.mark.parametrize("mode", ["PARALLEL", "QUEUED"])
def test_parallel_pipelines_are_not_rolled_back(mode):
    pipeline = make_pipeline(stages=STAGES, mode=mode)
    settle(execution := make_execution(pipeline), "Make", "Check", succeeded=False)
    assert ("roll back" in offered(card(execution))) == (mode == "QUEUED")


@pytest.mark.parametrize("situation", ["running", "failed", "succeeded", "turned away", "stopping"])
def test_a_viewer_is_offered_nothing(situation):
    html = card(SITUATIONS[situation](), role=Role.VIEWER)
    assert "<form" not in html
    assert "<button" not in html
    assert "rollbacks" not in html


def test_attempts_are_counted():
    execution = retried_by_itself(fails=True)
    retry_stage(execution.account, "web", "Build", execution.pk, mode="FAILED_ACTIONS", by=BY, now=NOW)
    html = card(execution)
    assert "Retried by itself, retried 1 time by hand" in said(html)
    assert "attempt 3" in said(html)


def test_a_stage_that_was_not_retried_counts_nothing():
    assert "etried" not in said(card(running())).replace("Retry", "")


def test_a_rollback_names_what_it_goes_back_to():
    execution = succeeded_and_failed_next()
    html = card(execution)
    assert "Rollback to #1" in said(html)
    text = said(signed_in(execution.account).get(address("pipeline", execution.account, name="web")).content.decode())
    assert "Execution 3 rolls Build back." in text


def succeeded_and_failed_next() -> PipelineExecution:
    """Return the first execution, to which the third goes back since the second failed."""
    pipeline = make_guarded(stages=STAGES, **ROLLBACK)
    first = make_execution(pipeline)
    settle(first, "Make", "Check")
    settle(first, "Send")
    second = start(pipeline)
    settle(second, "Fetch")
    settle(second, "Make", "Check", succeeded=False)
    assert PipelineExecution.objects.get(pipeline=pipeline, number=3).rollback_target == first.pk
    return first_execution(pipeline)
