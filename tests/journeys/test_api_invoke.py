"""A pipeline that starts another one."""

import json

from tests.journeys.workshop import action, definition, noop, stage, unique
from tests.running import until

INVOKE = {"category": "Invoke", "owner": "AWS", "provider": "CodePipeline", "version": "1"}


class Chain:
    """A pipeline whose second stage starts another."""

    def __init__(self, api, account, **configuration: str) -> None:
        self.api, self.account = api, account
        self.upstream, self.downstream = unique("upstream"), unique("downstream")
        self.configuration = {"PipelineName": self.downstream, **configuration}

    def create_downstream(self, **members) -> None:
        self.api.create_pipeline(pipeline=definition(self.account, self.downstream, self.stages(), **members))

    def create_upstream(self) -> None:
        invoke = action("Next", INVOKE, configuration=self.configuration)
        stages = [self.stages()[0], stage("Go", invoke)]
        self.api.create_pipeline(pipeline=definition(self.account, self.upstream, stages, pipelineType="V2"))

    def stages(self):
        source = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
        return [stage("Source", source), stage("Build", action("Make", noop("Build")))]

    def executions(self, name: str):
        return self.api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]

    def end(self) -> str:
        """Wait until the upstream pipeline ends, and return how."""
        return until(
            lambda: {each["status"] for each in self.executions(self.upstream)} & {"Succeeded", "Failed"},
            what="the end",
        ).pop()

    def result(self):
        found = self.api.list_action_executions(pipelineName=self.upstream)["actionExecutionDetails"]
        return next(each for each in found if each["actionName"] == "Next")["output"]["executionResult"]


def test_a_pipeline_starts_another_with_variables_and_does_not_wait(api, account):
    chain = Chain(api, account, Variables=json.dumps([{"name": "Depth", "value": "full"}]))
    chain.create_downstream(pipelineType="V2", variables=[{"name": "Depth", "defaultValue": "quick"}])
    api.disable_stage_transition(
        pipelineName=chain.downstream, stageName="Build", transitionType="Inbound", reason="Nobody may pass."
    )
    chain.create_upstream()
    assert chain.end() == "Succeeded"
    (started, _) = chain.executions(chain.downstream)
    assert started["trigger"] == {
        "triggerType": "StartPipelineExecution",
        "triggerDetail": json.dumps(
            {
                "PipelineName": chain.upstream,
                "PipelineExecutionId": chain.executions(chain.upstream)[0]["pipelineExecutionId"],
            }
        ),
    }
    assert chain.result()["externalExecutionId"] == started["pipelineExecutionId"]
    execution = api.get_pipeline_execution(
        pipelineName=chain.downstream, pipelineExecutionId=started["pipelineExecutionId"]
    )["pipelineExecution"]
    assert execution["variables"] == [{"name": "Depth", "resolvedValue": "full"}]
    assert execution["status"] == "InProgress"


def test_a_pipeline_that_is_not_there_fails_the_action(json_api, account, headrace, stranger):
    chain = Chain(json_api, account)
    theirs = Chain(headrace.client(stranger), stranger)
    theirs.downstream = chain.downstream
    theirs.create_downstream()
    chain.create_upstream()
    assert chain.end() == "Failed"
    assert chain.result()["errorDetails"] == {
        "code": "ConfigurationError",
        "message": f"Account '{account['account_id']}' does not have a pipeline with name '{chain.downstream}'",
    }
    assert len(theirs.executions(chain.downstream)) == 1


def test_source_revisions_that_the_other_pipeline_does_not_take_fail_the_action(json_api, account):
    revision = {"actionName": "Start", "revisionType": "COMMIT_ID", "revisionValue": "a" * 40}
    chain = Chain(json_api, account, SourceRevisions=json.dumps([revision]))
    chain.create_downstream()
    chain.create_upstream()
    assert chain.end() == "Failed"
    assert "takes no override" in chain.result()["errorDetails"]["message"]
    assert len(chain.executions(chain.downstream)) == 1


def test_two_pipelines_that_start_each_other_stop_at_the_first_circle(json_api, account):
    there, back = Chain(json_api, account), Chain(json_api, account)
    there.downstream, back.downstream = back.upstream, there.upstream
    for chain in (there, back):
        chain.configuration = {"PipelineName": chain.downstream}
    there.create_upstream()
    assert there.end() == "Failed"  # the other is not there yet
    back.create_upstream()
    assert back.end() == "Succeeded"
    (again, _) = until(
        lambda: (
            [each for each in found if each["status"] == "Failed"][:2]
            if len(found := there.executions(there.upstream)) == 2 and found[0]["status"] == "Failed"
            else None
        ),
        what="the circle's end",
    )
    attempts = json_api.list_action_executions(
        pipelineName=there.upstream, filter={"pipelineExecutionId": again["pipelineExecutionId"]}
    )["actionExecutionDetails"]
    refused = next(each for each in attempts if each["actionName"] == "Next")
    details = refused["output"]["executionResult"]["errorDetails"]
    assert details["code"] == "ConfigurationError"
    assert f"start each other for ever: {back.upstream} → {there.upstream} → {back.upstream}." in details["message"]
    assert len(back.executions(back.upstream)) == 1
