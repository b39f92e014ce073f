"""Which rules an event is for. Source: reference section 10."""

import pytest

from apps.notifications.engine.matching import EVENT_TYPES, event_types_of, is_wanted
from apps.notifications.engine.wire_events import ACTION, PIPELINE, STAGE

P = "codepipeline-pipeline-"


def event(level: str, state: str, *, category: str = "Build", pipeline: str = "shop-web") -> dict:
    detail = {"pipeline": pipeline, "state": state}
    if level == ACTION:
        detail["type"] = {"category": category}
    return {"detail-type": level, "detail": detail}


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        (event(PIPELINE, "FAILED"), {f"{P}pipeline-execution-failed"}),
        (event(PIPELINE, "CANCELED"), {f"{P}pipeline-execution-canceled"}),
        (event(PIPELINE, "SUPERSEDED"), {f"{P}pipeline-execution-superseded"}),
        (event(PIPELINE, "STOPPING"), set()),
        (event(PIPELINE, "STOPPED"), set()),
        (event(STAGE, "RESUMED"), {f"{P}stage-execution-resumed"}),
        (event(STAGE, "STOPPED"), set()),
        (event(ACTION, "STARTED"), {f"{P}action-execution-started"}),
        (event(ACTION, "ABANDONED"), set()),
        (
            event(ACTION, "STARTED", category="Approval"),
            {f"{P}action-execution-started", f"{P}manual-approval-needed"},
        ),
        (event(ACTION, "FAILED", category="Approval"), {f"{P}action-execution-failed", f"{P}manual-approval-failed"}),
        (
            event(ACTION, "SUCCEEDED", category="Approval"),
            {f"{P}action-execution-succeeded", f"{P}manual-approval-succeeded"},
        ),
    ],
)
def test_an_event_has_its_ids(told, ids):
    assert event_types_of(told) == ids


def test_there_are_the_eighteen_ids_of_the_service():
    assert len(set(EVENT_TYPES)) == 18


@pytest.mark.parametrize(
    ("event_types", "pipelines", "wanted"),
    [
        ([f"{P}pipeline-execution-failed"], [], True),
        ([f"{P}pipeline-execution-started"], [], False),
        (["*"], [], True),
        (["*"], ["shop-web"], True),
        (["*"], ["shop-*"], True),
        (["*"], ["shop"], False),
        (["*"], ["other", "*-web"], True),
        (["*"], ["SHOP-WEB"], False),
    ],
)
def test_a_rule_wants_an_event(event_types, pipelines, wanted):
    assert is_wanted(event(PIPELINE, "FAILED"), event_types, pipelines) is wanted


def test_every_event_is_told_to_a_rule_for_all_even_one_without_an_id():
    assert is_wanted(event(PIPELINE, "STOPPING"), ["*"], [])
