"""An S3 source over the wire: objects that a user keeps in Headrace's own store, with any S3 client."""

import io
import zipfile

from tests.journeys.workshop import action, definition, noop, refused, stage, unique
from tests.running import until

S3 = {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}
POLL = {"triggerType": "PollForSourceChanges", "triggerDetail": "Fetch"}


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("index.html", text)
    return buffer.getvalue()


class Site:
    """A pipeline whose source is an object of the account, in a bucket of its own."""

    def __init__(self, headrace, api, account, **configuration: str) -> None:
        self.api, self.account, self.s3 = api, account, headrace.s3(account)
        self.name, self.bucket, self.key = unique("site"), unique("sources"), "web/site.zip"
        self.configuration = {"S3Bucket": self.bucket, "S3ObjectKey": self.key, **configuration}

    def definition(self, **configuration: str):
        source = action(
            "Fetch",
            S3,
            configuration={**self.configuration, **configuration},
            outputArtifacts=[{"name": "Code"}],
            namespace="S3",
        )
        stages = [stage("Source", source), stage("Build", action("Make", noop("Build")))]
        return definition(self.account, self.name, stages, pipelineType="V2")

    def create(self) -> "Site":
        self.api.create_pipeline(pipeline=self.definition())
        return self

    def update(self, **configuration: str) -> None:
        self.api.update_pipeline(pipeline=self.definition(**configuration))

    def put(self, text: str, *, key: str = "", **arguments) -> str:
        answer = self.s3.put_object(Bucket=self.bucket, Key=key or self.key, Body=zipped(text), **arguments)
        return answer["VersionId"]

    def executions(self):
        return self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]

    def wait_for(self, number: int):
        """Wait until so many executions have succeeded, and return the newest."""
        until(lambda: [each["status"] for each in self.executions()] == ["Succeeded"] * number, what="success")
        return self.executions()[0]

    def versions(self) -> list[str]:
        return [each["sourceRevisions"][0]["revisionId"] for each in self.executions()]

    def source(self):
        return self.api.get_pipeline_state(name=self.name)["stageStates"][0]["actionStates"][0]

    def fetched(self):
        """Return the newest attempt at the source, and the text that it brought."""
        detail = self.api.list_action_executions(pipelineName=self.name)["actionExecutionDetails"]
        newest = next(each for each in detail if each["actionName"] == "Fetch")
        place = newest["output"]["outputArtifacts"][0]["s3location"]
        body = self.s3.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
        return newest, zipfile.ZipFile(io.BytesIO(body)).read("index.html").decode()


def test_each_version_of_an_object_starts_one_execution(headrace, api, account):
    """Shows CP-156."""
    site = Site(headrace, api, account)
    first = site.put("one")
    site.create()
    started = site.wait_for(1)
    assert started["trigger"] == POLL
    assert started["sourceRevisions"][0] == {
        "actionName": "Fetch",
        "revisionId": first,
        "revisionSummary": f"Amazon S3 version id: {first}",
    }
    assert (
        "PollForSourceChanges"
        not in api.get_pipeline(name=site.name)["pipeline"]["stages"][0]["actions"][0]["configuration"]
    )
    same_bytes = site.put("one", Metadata={"codepipeline-artifact-revision-summary": "Once more"})
    again = site.wait_for(2)
    assert again["trigger"] == POLL
    assert again["sourceRevisions"][0]["revisionSummary"] == "Once more"
    assert site.versions() == [same_bytes, first]
    newest, text = site.fetched()
    assert text == "one"
    assert newest["output"]["outputVariables"] == {
        "BucketName": site.bucket,
        "ObjectKey": site.key,
        "VersionId": same_bytes,
        "ETag": site.s3.head_object(Bucket=site.bucket, Key=site.key)["ETag"].strip('"'),
    }
    assert site.source()["currentRevision"]["revisionId"] == same_bytes


def test_the_cursor_survives_what_is_no_other_source(headrace, json_api, account):
    """Shows the cursor rules of reference 6.1: off and on again repeats nothing, another key is another source."""
    site = Site(headrace, json_api, account)
    first = site.put("one")
    site.create().wait_for(1)
    site.update(PollForSourceChanges="false")
    site.update(PollForSourceChanges="true")
    second = site.put("two")
    site.wait_for(2)
    assert site.versions() == [second, first]
    other = site.put("other", key="web/other.zip")
    site.update(S3ObjectKey="web/other.zip")
    site.wait_for(3)
    assert site.versions() == [other, second, first]


def test_an_object_that_is_not_there_is_told_until_it_is(headrace, json_api, account):
    site = Site(headrace, json_api, account).create()
    until(lambda: "latestExecution" in site.source(), what="the failure to look")
    assert site.source()["latestExecution"]["errorDetails"]["code"] == "ConfigurationError"
    assert {"actionExecutionId", "currentRevision"}.isdisjoint({*site.source(), *site.source()["latestExecution"]})
    assert site.executions() == []
    site.put("one")
    site.wait_for(1)
    assert "errorDetails" not in site.source()["latestExecution"]


def test_a_start_may_name_another_version_and_where_allowed_another_key(headrace, api, account):
    site = Site(headrace, api, account, PollForSourceChanges="false")
    first = site.put("one")
    site.create().wait_for(1)
    site.put("two")
    beta = [site.put(text, key="web/beta.zip") for text in ("beta one", "beta two")]

    def start(**revisions: str) -> None:
        given = [
            {"actionName": "Fetch", "revisionType": kind, "revisionValue": text} for kind, text in revisions.items()
        ]
        api.start_pipeline_execution(name=site.name, sourceRevisions=given)

    start(S3_OBJECT_VERSION_ID=first)
    site.wait_for(2)
    assert site.fetched()[1] == "one"
    with refused("ValidationException"):
        start(S3_OBJECT_KEY="web/beta.zip")
    with refused("ValidationException"):
        start(COMMIT_ID="a" * 40)
    site.update(AllowOverrideForS3ObjectKey="true")
    start(S3_OBJECT_KEY="web/beta.zip", S3_OBJECT_VERSION_ID=beta[0])
    site.wait_for(3)
    assert site.fetched()[1] == "beta one"
    start()
    site.wait_for(4)
    assert site.fetched()[1] == "two"


def test_a_version_of_another_account_is_not_there(headrace, json_api, account, stranger):
    site = Site(headrace, json_api, account, PollForSourceChanges="false")
    site.put("one")
    site.create().wait_for(1)
    theirs = Site(headrace, headrace.client(stranger), stranger, S3Bucket=site.bucket).create()
    until(lambda: "latestExecution" in theirs.source(), what="the failure to look")
    assert theirs.source()["latestExecution"]["errorDetails"]["code"] == "ConfigurationError"
    assert theirs.executions() == []
