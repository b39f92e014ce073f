"""The checker of INV-04 has teeth: it finds each way of reading less than was told, and lets all else pass."""

import pytest

from tests.reliability.journal import Call
from tests.reliability.reads import stale_reads

NAME = "release"
GATE = {"pipelineName": NAME, "stageName": "Ship", "transitionType": "Inbound"}
JOB = {"id": "job", "data": {"pipelineContext": {"action": {"actionExecutionId": "action"}}}}
POLL = ("PollForJobs", {}, {"jobs": [JOB]})
RESULT = ("PutJobSuccessResult", {"jobId": "job"}, {})
START = ("StartPipelineExecution", {"name": NAME}, {"pipelineExecutionId": "one"})
APPROVE = ("PutApprovalResult", {"token": "token"}, {})
CLOSE, OPEN = ("DisableStageTransition", GATE, {}), ("EnableStageTransition", GATE, {})


def update(version):
    return "UpdatePipeline", {"pipeline": {"name": NAME}}, {"pipeline": {"name": NAME, "version": version}}


def definition(version):
    return "GetPipeline", {"name": NAME}, {"pipeline": {"name": NAME, "version": version}}


def executions(*found, asked=None, **more):
    summaries = [{"pipelineExecutionId": name, "status": status} for name, status in found]
    question = {"pipelineName": NAME, **(asked or {})}
    return "ListPipelineExecutions", question, {"pipelineExecutionSummaries": summaries, **more}


def state(*, version=1, is_open=True, **action):
    stages = [
        {"stageName": "Source", "actionStates": [{"actionName": "Fetch", "latestExecution": action}]},
        {"stageName": "Ship", "inboundTransitionState": {"enabled": is_open}},
    ]
    return "GetPipelineState", {"name": NAME}, {"pipelineName": NAME, "pipelineVersion": version, "stageStates": stages}


def in_turn(*calls):
    """Return calls each of which began when the one before had been answered."""
    return [Call(*call, 2 * number, 2 * number + 1) for number, call in enumerate(calls)]


def at_once(*calls):
    """Return calls that had all begun before the first was answered."""
    return [Call(*call, number, 100 + number) for number, call in enumerate(calls)]


def unknown(call, began):
    operation, asked, _ = call
    return Call(operation, asked, None, began, None)


STALE = {
    "an older definition than was saved": [update(2), definition(1)],
    "an older definition than was read": [definition(2), definition(1)],
    "the state of an older definition": [update(2), state(version=1)],
    "no execution where one was started": [START, executions()],
    "no execution where one was listed": [executions(("one", "InProgress")), executions(("two", "InProgress"))],
    "an execution that goes on after its end": [executions(("one", "Succeeded")), executions(("one", "InProgress"))],
    "another end than was read": [executions(("one", "Succeeded")), executions(("one", "Failed"))],
    "an action that goes on after its result": [
        POLL, RESULT, state(actionExecutionId="action", status="InProgress")
    ],
    "a question that was answered": [
        APPROVE, state(actionExecutionId="a", status="InProgress", token="token")
    ],
    "an open transition that was closed": [CLOSE, state(is_open=True)],
    "a closed transition that was opened": [CLOSE, OPEN, state(is_open=False)],
    "a closed transition that nobody closed": [OPEN, state(is_open=False)],
}  # fmt: skip


@pytest.mark.parametrize("calls", STALE.values(), ids=STALE)
def test_a_read_of_less_than_was_told_is_found(calls):
    assert len(stale_reads(in_turn(*calls))) == 1


@pytest.mark.parametrize("calls", STALE.values(), ids=STALE)
def test_a_read_that_began_before_anything_was_told_may_show_either(calls):
    if calls != STALE["a closed transition that nobody closed"]:
        assert stale_reads(at_once(*calls)) == []


FRESH = {
    "a newer definition": [update(2), definition(3), definition(3)],
    "an older version that was asked for": [update(2), ("GetPipeline", {"name": NAME, "version": 1}, definition(1)[2])],
    "an execution that goes on to its end": [START, executions(("one", "InProgress")), executions(("one", "Failed"))],
    "a page that is not the whole list": [START, executions(nextToken="more")],
    "the last page of several": [START, executions(asked={"nextToken": "more"})],
    "the end of an action": [POLL, RESULT, state(actionExecutionId="action", status="Succeeded")],
    "another action": [POLL, RESULT, state(actionExecutionId="next", status="InProgress")],
    "another question": [APPROVE, state(actionExecutionId="a", status="InProgress", token="next")],
    "a closed transition": [CLOSE, state(is_open=False), OPEN, state(is_open=True), CLOSE, state(is_open=False)],
}


@pytest.mark.parametrize("calls", FRESH.values(), ids=FRESH)
def test_a_read_of_what_was_told_or_more_passes(calls):
    assert stale_reads(in_turn(*calls)) == []


def test_a_change_of_unknown_outcome_may_be_there_or_not():
    seen = [*in_turn(definition(1), state(is_open=False), definition(2), state(is_open=True, version=2))]
    calls = [unknown(CLOSE, 0), unknown(update(2), 1), *(each._replace(began=each.began + 2, ended=each.ended + 2)
                                                         for each in seen)]  # fmt: skip
    assert stale_reads(calls) == []
