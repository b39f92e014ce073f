"""What happens to a pipeline reaches a webhook, in EventBridge's words and in order. Source: reference section 10."""

from collections.abc import Iterator

import pytest

from tests.journeys.receiver import Receiver
from tests.journeys.workshop import Workshop
from tests.running import Headrace, until


@pytest.fixture
def receiver(headrace: Headrace) -> Iterator[Receiver]:
    with Receiver(headrace) as running:
        yield running


@pytest.fixture
def workshop(api, account, receiver) -> Workshop:
    """A pipeline whose first execution is inside Build; what happens from now on is told."""
    made = Workshop(api, account, {"Build": [("Make", 1)]})
    made.job(made.first, "Make")
    receiver.told_of(account, "--pipeline", made.name)
    return made


def heard(receiver: Receiver, workshop: Workshop, *expected: tuple[str, str]) -> list[dict]:
    """Wait until the receiver was told so much, check it, and return the details."""
    until(lambda: len(receiver.told(workshop.name)) >= len(expected), what=f"being told {expected}")
    assert receiver.told(workshop.name) == list(expected)
    return [event["detail"] for event in receiver.events if event["detail"]["pipeline"] == workshop.name]


def test_a_failure_its_retry_and_its_abandon_are_told_in_order(workshop, receiver):
    """Shows CP-161."""
    first = workshop.first
    workshop.fail(first, "Make")
    workshop.wait_status(first, "Failed")
    workshop.api.retry_stage_execution(
        pipelineName=workshop.name, stageName="Build", pipelineExecutionId=first, retryMode="FAILED_ACTIONS"
    )
    workshop.job(first, "Make")
    workshop.api.stop_pipeline_execution(
        pipelineName=workshop.name, pipelineExecutionId=first, abandon=True, reason="Wrong branch"
    )
    details = heard(
        receiver,
        workshop,
        ("Build/Make", "FAILED"),
        ("Build", "FAILED"),
        ("", "FAILED"),
        ("", "RESUMED"),
        ("Build", "RESUMED"),
        ("Build/Make", "STARTED"),
        ("", "STOPPING"),
        ("Build", "STOPPING"),
        ("Build/Make", "ABANDONED"),
        ("Build", "STOPPED"),
        ("", "STOPPED"),
    )
    assert {detail["execution-id"] for detail in details} == {first}
    of_pipeline = [detail for detail in details if "stage" not in detail]
    attempts = [detail["pipeline-execution-attempt"] for detail in of_pipeline]
    assert attempts == [1.0, 2.0, 2.0, 2.0]
    assert of_pipeline[-1]["stop-execution-comments"] == "Wrong branch"
    assert details[0]["execution-result"]["error-code"] == "JobFailed"


def test_an_update_while_it_runs_is_told_as_canceled(workshop, receiver):
    """Shows CP-161."""
    workshop.stages[1]["actions"][0]["name"] = "Remake"
    workshop.api.update_pipeline(pipeline=workshop.definition())
    workshop.succeed(workshop.first, "Make")
    workshop.wait_status(workshop.first, "Cancelled")
    details = heard(receiver, workshop, ("Build/Make", "SUCCEEDED"), ("Build", "CANCELED"), ("", "CANCELED"))
    assert details[-1]["version"] == 1.0


def test_a_new_execution_tells_who_started_it(workshop, receiver):
    workshop.succeed(workshop.first, "Make")
    workshop.wait_status(workshop.first, "Succeeded")
    second = workshop.start()
    workshop.job(second, "Make")
    details = heard(
        receiver,
        workshop,
        ("Build/Make", "SUCCEEDED"),
        ("Build", "SUCCEEDED"),
        ("", "SUCCEEDED"),
        ("", "STARTED"),
        ("Source", "STARTED"),
        ("Source/Start", "STARTED"),
        ("Source/Start", "SUCCEEDED"),
        ("Source", "SUCCEEDED"),
        ("Build", "STARTED"),
        ("Build/Make", "STARTED"),
    )
    assert details[3]["execution-trigger"]["trigger-type"] == "StartPipelineExecution"
    assert details[6]["output-artifacts"][0]["name"] == "Code"
    assert details[-1]["type"] == workshop.type


def test_a_rule_of_another_account_is_told_nothing(api, account, stranger, receiver):
    """The stranger's rule asks for every event of every pipeline, and hears its own only."""
    rule = receiver.told_of(stranger)
    theirs = Workshop(receiver.headrace.client(stranger), stranger, {"Build": [("Make", 1)]})
    ours = Workshop(api, account, {"Build": [("Make", 1)]})
    ours.job(ours.first, "Make")
    until(lambda: ("Build/Make", "STARTED") in receiver.told(theirs.name), what="the stranger being told")
    assert receiver.told(ours.name) == []
    assert {event["notificationRuleArn"] for event in receiver.events} == {rule["arn"]}
