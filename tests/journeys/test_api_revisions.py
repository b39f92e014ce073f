"""PutActionRevision over the wire: a custom source that is told of its revisions."""

from datetime import UTC, datetime

from tests.journeys.workshop import action, bounds, definition, noop, refused, stage, take, unique
from tests.running import until

CREATED = datetime(2030, 1, 31, 9, tzinfo=UTC)


class Announced:
    """A pipeline whose source is a custom action; its jobs are done by the test."""

    def __init__(self, api, account, **members) -> None:
        self.api, self.name = api, unique("announced")
        named = {"category": "Source", "provider": unique("Repo"), "version": "1"}
        api.create_custom_action_type(**named, inputArtifactDetails=bounds(0, 0), outputArtifactDetails=bounds(0, 1))
        self.type = {**named, "owner": "Custom"}
        source = action("Fetch", self.type, outputArtifacts=[{"name": "Code"}])
        stages = [stage("Source", source), stage("Build", action("Make", noop("Build")))]
        api.create_pipeline(pipeline=definition(account, self.name, stages, **members))

    def put(self, revision: str, *, api=None, **members):
        given = {"revisionId": revision, "revisionChangeId": f"change-of-{revision}", "created": CREATED}
        place = {"pipelineName": self.name, "stageName": "Source", "actionName": "Fetch"} | members
        done = (api or self.api).put_action_revision(**place, actionRevision=given)
        return done["newRevision"], done["pipelineExecutionId"]

    def execution(self, execution_id: str):
        found = self.api.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution_id)
        return found["pipelineExecution"]

    def fetch(self, **members):
        """Do the next job of the source."""
        self.api.put_job_success_result(jobId=take(self.api, self.type)["id"], **members)


def test_a_new_revision_starts_an_execution_and_the_same_one_starts_none(api, account):
    announced = Announced(api, account)
    announced.fetch()
    is_new, execution_id = announced.put("r1")
    assert is_new
    assert announced.execution(execution_id)["trigger"] == {
        "triggerType": "PutActionRevision",
        "triggerDetail": f"arn:aws:iam::{account['account_id']}:user/{account['username']}",
    }
    assert announced.put("r1") == (False, execution_id)
    announced.fetch()
    until(lambda: announced.execution(execution_id)["status"] == "Succeeded", what="success")
    (revision,) = announced.execution(execution_id)["artifactRevisions"]
    assert (revision["name"], revision["revisionId"], revision["created"]) == ("Code", "r1", CREATED)
    assert revision["revisionChangeIdentifier"] == "change-of-r1"
    state = api.get_pipeline_state(name=announced.name)["stageStates"][0]["actionStates"][0]
    assert state["currentRevision"] == {"revisionId": "r1", "revisionChangeId": "change-of-r1", "created": CREATED}
    assert announced.put("r1") == (False, execution_id)
    assert announced.put("r2")[0]


def test_a_place_that_takes_no_revision_is_refused(api, account, headrace, stranger):
    announced = Announced(api, account)
    with refused("PipelineNotFoundException"):
        announced.put("r1", pipelineName="none")
    with refused("StageNotFoundException"):
        announced.put("r1", stageName="None")
    with refused("ActionNotFoundException"):
        announced.put("r1", actionName="None")
    with refused("ValidationException"):
        announced.put("r1", stageName="Build", actionName="Make")
    with refused("ValidationException"):
        announced.put("r" * 1501)
    with refused("PipelineNotFoundException"):
        announced.put("r1", api=headrace.client(stranger))
    assert len(api.list_pipeline_executions(pipelineName=announced.name)["pipelineExecutionSummaries"]) == 1


def test_a_pipeline_that_runs_as_many_executions_as_it_may_takes_no_revision(json_api, account):
    announced = Announced(json_api, account, executionMode="QUEUED", pipelineType="V2")
    for number in range(49):
        announced.put(f"r{number}")
    with refused("ConcurrentPipelineExecutionsLimitExceededException"):
        announced.put("one-too-many")
    listed = json_api.list_pipeline_executions(pipelineName=announced.name)["pipelineExecutionSummaries"]
    json_api.stop_pipeline_execution(
        pipelineName=announced.name, pipelineExecutionId=listed[0]["pipelineExecutionId"], abandon=True
    )
    assert announced.put("one-too-many")[0]  # what was refused was not kept
