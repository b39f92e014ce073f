import pytest

from apps.events.models import Event
from apps.executions.models import PipelineExecution
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import pipeline_with_transitions
from apps.pipelines.services import set_transition
from tests.factories import BY, NOW, make_execution, make_pipeline, settle

pytestmark = pytest.mark.django_db
STAGES = {"Build": {"Make": 1}, "Ship": {"Send": 1}}


@pytest.fixture
def pipeline() -> Pipeline:
    return make_pipeline(stages=STAGES)


def gate(pipeline: Pipeline, *, enabled: bool, stage: str = "Ship", side: str = "Inbound", reason: str = "", **given):
    set_transition(
        given.get("account", pipeline.account), given.get("name", pipeline.name), stage, side,
        enabled=enabled, by=BY, now=given.get("now", NOW), reason=reason,
    )  # fmt: skip


def through_build(pipeline: Pipeline) -> PipelineExecution:
    execution = make_execution(pipeline)
    settle(execution, "Make")
    return execution


@pytest.mark.parametrize(("stage", "side"), [("Ship", "Inbound"), ("Build", "Outbound")])
def test_a_closed_transition_holds_and_an_opened_one_lets_through_at_once(pipeline, stage, side):
    """Shows CP-097, CP-098 and INV-18."""
    gate(pipeline, stage=stage, side=side, enabled=False)
    execution = through_build(pipeline)
    assert (execution.stage, execution.waiting, execution.state) == ("Ship", True, "InProgress")
    gate(pipeline, stage=stage, side=side, enabled=True)
    execution.refresh_from_db()
    assert (execution.stage, execution.waiting) == ("Ship", False)


def test_opening_one_side_does_not_open_the_other(pipeline):
    gate(pipeline, enabled=False)
    gate(pipeline, stage="Build", side="Outbound", enabled=False)
    execution = through_build(pipeline)
    gate(pipeline, enabled=True)
    execution.refresh_from_db()
    assert execution.waiting


def test_the_newest_of_those_that_wait_goes_through(pipeline):
    gate(pipeline, enabled=False)
    first, second = through_build(pipeline), through_build(pipeline)
    gate(pipeline, enabled=True)
    for execution in (first, second):
        execution.refresh_from_db()
    assert (first.state, first.superseded_by) == ("Superseded", second.pk)
    assert (second.state, second.waiting) == ("InProgress", False)


def test_opening_takes_the_reason_away_and_may_be_repeated(pipeline):
    gate(pipeline, enabled=False, reason="freeze")
    for _ in range(2):
        gate(pipeline, enabled=True)
    (row,) = pipeline_with_transitions(pipeline.account, pipeline.name)[1].values()
    assert (row.enabled, row.reason) == (True, "")


def test_each_change_is_told(pipeline):
    gate(pipeline, enabled=False, reason="freeze")
    gate(pipeline, enabled=True)
    told = Event.objects.filter(kind__startswith="Transition").order_by("sequence")
    assert [(event.kind, event.stage, event.data["side"], event.data["reason"]) for event in told] == [
        ("TransitionDisabled", "Ship", "Inbound", "freeze"),
        ("TransitionEnabled", "Ship", "Inbound", ""),
    ]


def test_a_gate_of_one_pipeline_is_none_of_another(pipeline):
    gate(pipeline, enabled=False)
    twin = make_pipeline(account=pipeline.account, name="api", stages=STAGES)
    assert through_build(twin).waiting is False
