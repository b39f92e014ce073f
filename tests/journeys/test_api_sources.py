"""A git source over the wire: what a poll starts, and what an override takes."""

from tests.journeys.rows import move_back
from tests.journeys.workshop import action, definition, noop, refused, stage, unique
from tests.plugins.repositories import commit, git, make_repository
from tests.running import until

GIT = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}


class Watched:
    """A pipeline that begins with a repository of its own."""

    def __init__(self, headrace, api, account, **configuration: str) -> None:
        self.api, self.name = api, unique("watched")
        self.repository = make_repository(headrace.data / "repositories" / account["account_id"] / self.name)
        configuration = {"RepositoryUrl": str(self.repository), "BranchName": "main", **configuration}
        source = action(
            "Checkout", GIT, configuration=configuration, outputArtifacts=[{"name": "Code"}], namespace="Git"
        )
        stages = [stage("Source", source), stage("Build", action("Make", noop("Build")))]
        self.api.create_pipeline(pipeline=definition(account, self.name, stages, pipelineType="V2"))

    def executions(self):
        return self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]

    def wait_for(self, number: int):
        """Wait until so many executions have succeeded, and return the newest."""
        until(lambda: [each["status"] for each in self.executions()] == ["Succeeded"] * number, what="success")
        return self.executions()[0]


def test_a_source_is_polled_unless_it_says_otherwise(headrace, api, account):
    """Shows the rules of reference 6.1 for git: on by default, one run for each revision, named after its action."""
    watched = Watched(headrace, api, account)
    first = watched.wait_for(1)
    assert first["trigger"] == {"triggerType": "PollForSourceChanges", "triggerDetail": "Checkout"}
    head = git(watched.repository, "rev-parse", "HEAD").strip()
    assert first["sourceRevisions"][0]["revisionId"] == head
    source = api.get_pipeline(name=watched.name)["pipeline"]["stages"][0]["actions"][0]
    assert "PollForSourceChanges" not in source["configuration"]
    state = api.get_pipeline_state(name=watched.name)["stageStates"][0]["actionStates"][0]
    assert state["currentRevision"]["revisionId"] == head
    newer = commit(watched.repository, "Go on", more__md="more")
    second = watched.wait_for(2)
    assert second["trigger"] == first["trigger"]
    assert second["sourceRevisions"][0]["revisionId"] == newer


def test_an_override_takes_another_commit(headrace, api, account):
    """Shows CP-069, CP-070."""
    watched = Watched(headrace, api, account, PollForSourceChanges="false")
    watched.wait_for(1)
    older = git(watched.repository, "rev-parse", "HEAD").strip()
    newer = commit(watched.repository, "Go on", more__md="more")
    override = {"actionName": "Checkout", "revisionType": "COMMIT_ID", "revisionValue": older}
    api.start_pipeline_execution(name=watched.name, sourceRevisions=[override])
    assert watched.wait_for(2)["sourceRevisions"][0] == {
        "actionName": "Checkout",
        "revisionId": older,
        "revisionSummary": "Begin",
    }
    api.start_pipeline_execution(name=watched.name)
    assert watched.wait_for(3)["sourceRevisions"][0]["revisionId"] == newer
    with refused("ValidationException"):
        api.start_pipeline_execution(
            name=watched.name, sourceRevisions=[{**override, "revisionType": "S3_OBJECT_VERSION_ID"}]
        )


def test_an_override_with_a_commit_that_is_not_there_fails_the_source(headrace, json_api, account):
    watched = Watched(headrace, json_api, account, PollForSourceChanges="false")
    watched.wait_for(1)
    override = {"actionName": "Checkout", "revisionType": "COMMIT_ID", "revisionValue": "0" * 40}
    json_api.start_pipeline_execution(name=watched.name, sourceRevisions=[override])
    until(lambda: watched.executions()[0]["status"] == "Failed", what="the failure")
    state = json_api.get_pipeline_state(name=watched.name)["stageStates"][0]["actionStates"][0]
    assert state["latestExecution"]["errorDetails"]["code"] == "RevisionUnavailable"


def test_polling_ends_when_nothing_happened_for_long(headrace, json_api, account):
    """Shows the rule of inactivity of reference 6.1, and what switches polling on again."""
    watched = Watched(headrace, json_api, account)
    watched.wait_for(1)

    def disabled_at():
        return json_api.get_pipeline(name=watched.name)["metadata"].get("pollingDisabledAt")

    assert disabled_at() is None
    execution = watched.executions()[0]["pipelineExecutionId"]
    move_back(headrace, "executions.PipelineExecution", "started_at", days=31, pk=execution)
    move_back(headrace, "pipelines.Pipeline", "created_at", "updated_at", days=31, name=watched.name)
    headrace.end("worker")
    headrace.start("worker")  # which looks at once for what is idle, instead of within ten minutes
    until(disabled_at, what="the end of polling")
    newer = commit(watched.repository, "Go on", more__md="more")
    source = json_api.get_pipeline(name=watched.name)["pipeline"]
    source["stages"][0]["actions"][0]["configuration"]["PollForSourceChanges"] = "true"
    json_api.update_pipeline(pipeline=source)
    assert disabled_at() is None
    assert watched.wait_for(2)["sourceRevisions"][0]["revisionId"] == newer
