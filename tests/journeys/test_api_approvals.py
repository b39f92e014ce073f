"""Approvals over the wire."""

from uuid import uuid4

import pytest

from tests.journeys.workshop import APPROVAL, action, definition, noop, refused, stage, unique
from tests.running import until


class Question:
    """A pipeline that asks for approval and then builds."""

    def __init__(self, api, account, **configuration: str) -> None:
        self.api, self.name = api, unique("asks")
        stages = [
            stage("Source", action("Start", noop("Source"))),
            stage("Ask", action("Release", APPROVAL, configuration=configuration)),
            stage("Ship", action("Send", noop("Deploy"))),
        ]
        self.definition = definition(account, self.name, stages)
        api.create_pipeline(pipeline=self.definition)
        self.token = until(self.shown_token, what="a token")

    def shown(self):
        state = self.api.get_pipeline_state(name=self.name)["stageStates"][1]
        return state["actionStates"][0].get("latestExecution", {})

    def shown_token(self) -> str | None:
        return self.shown().get("token")

    def answer(self, status: str = "Approved", *, token: str | None = None, summary: str = "Fine", **place: str):
        where = {"pipelineName": self.name, "stageName": "Ask", "actionName": "Release", **place}
        return self.api.put_approval_result(
            **where, result={"status": status, "summary": summary}, token=token or self.token
        )

    def execution(self):
        return self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"][0]


def test_an_approval_lets_the_release_go_on(api, account):
    """Shows CP-152, CP-153, CP-154."""
    question = Question(api, account)
    assert question.shown()["status"] == "InProgress"
    assert "externalExecutionId" not in question.shown()
    assert question.answer()["approvedAt"].tzinfo is not None
    until(lambda: question.execution()["status"] == "Succeeded", what="success")
    shown = question.shown()
    assert (shown["status"], shown["summary"]) == ("Succeeded", "Fine")
    assert shown["lastUpdatedBy"].startswith(f"arn:aws:iam::{account['account_id']}:user/")
    assert "token" not in shown
    with refused("ApprovalAlreadyCompletedException"):
        question.answer()
    with refused("InvalidApprovalTokenException"):
        question.answer(token=str(uuid4()))
    (detail,) = [
        each
        for each in api.list_action_executions(pipelineName=question.name)["actionExecutionDetails"]
        if each["actionName"] == "Release"
    ]
    assert detail["output"]["executionResult"]["externalExecutionId"] == question.token


def test_a_rejection_fails_the_execution(api, account):
    """Shows CP-153."""
    question = Question(api, account)
    question.answer("Rejected", summary="Not today")
    assert question.execution()["status"] == "Failed"
    assert question.shown()["status"] == "Failed"
    assert "errorDetails" not in question.shown()


def test_an_answer_names_its_place(api, account):
    question = Question(api, account)
    for place, code in (
        ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"actionName": "Nothing"}, "ActionNotFoundException"),
    ):
        with refused(code):
            question.answer(**place)
    with refused("ValidationException"):
        question.answer("Perhaps")
    with refused("ValidationException"):
        question.answer(token="no-uuid")
    assert question.shown_token() == question.token


def test_a_summary_can_be_required(api, account):
    question = Question(api, account, IsSummaryRequired="true")
    with refused("ValidationException"):
        question.answer(summary="")
    assert question.shown_token() == question.token
    question.answer(summary="Because")


def test_a_retry_asks_with_a_new_token(api, account):
    question = Question(api, account)
    question.answer("Rejected")
    api.retry_stage_execution(
        pipelineName=question.name,
        stageName="Ask",
        pipelineExecutionId=question.execution()["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    assert question.shown_token() not in (None, question.token)
    with refused("ApprovalAlreadyCompletedException"):
        question.answer()


@pytest.mark.parametrize("ending", ["abandon", "update"])
def test_an_ended_request_makes_its_token_invalid(api, account, ending):
    """Shows the token rules of reference 5.10 and 8."""
    question = Question(api, account)
    if ending == "abandon":
        api.stop_pipeline_execution(
            pipelineName=question.name,
            pipelineExecutionId=question.execution()["pipelineExecutionId"],
            abandon=True,
        )
    else:
        api.update_pipeline(pipeline=question.definition)
    with refused("InvalidApprovalTokenException"):
        question.answer()
    assert question.execution()["status"] == ("Stopped" if ending == "abandon" else "Cancelled")
