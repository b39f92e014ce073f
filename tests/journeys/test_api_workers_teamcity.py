"""The CodePipeline plugin of TeamCity, exchange for exchange."""

from pathlib import PurePosixPath

from tests.journeys.test_api_artifacts import zipped
from tests.journeys.workshop import action, bounds, definition, noop, refused, stage, unique
from tests.running import until

SERVER = "https://teamcity.example"
SETTINGS = {
    "entityUrlTemplate": "{Config:TeamCityServerURL}/viewType.html?buildTypeId={Config:BuildConfigurationID}",
    "executionUrlTemplate": "{Config:TeamCityServerURL}/viewLog.html?buildId={ExternalExecutionId}&tab=buildResultsDiv",
}


def a_property(name: str, **flags):
    return {"name": name, "required": True, "key": True, "secret": False, **flags}


class TeamCity:
    """A build server with the plugin: its action type is `Build/Custom/TeamCity`, of a version that it looks up."""

    def __init__(self, headrace, api, account, version: str) -> None:
        self.headrace, self.api, self.pipeline = headrace, api, unique("teamcity")
        self.action_id = unique("act")[:20]
        properties = [a_property("TeamCityServerURL"), a_property("BuildConfigurationID")]
        api.create_custom_action_type(
            category="Build",
            provider="TeamCity",
            version=version,
            settings=SETTINGS,
            configurationProperties=[*properties, a_property("ActionID", queryable=True)],
            inputArtifactDetails=bounds(0, 5),
            outputArtifactDetails=bounds(0, 5),
        )
        configuration = {
            "TeamCityServerURL": SERVER,
            "BuildConfigurationID": "Harbor_Build",
            "ActionID": self.action_id,
        }
        make = action("Make", self.type_id(), configuration=configuration, inputArtifacts=[{"name": "MyApp"}])
        make["outputArtifacts"] = [{"name": "MyBuild"}]
        code = action("Start", noop("Source"), outputArtifacts=[{"name": "MyApp"}])
        api.create_pipeline(pipeline=definition(account, self.pipeline, [stage("Source", code), stage("Build", make)]))

    def type_id(self):
        """Look the version up as the trigger does: the first custom type of this provider."""
        found = self.api.list_action_types(actionOwnerFilter="Custom")["actionTypes"]
        return next(each["id"] for each in found if each["id"]["provider"] == "TeamCity")

    def poll(self):
        return self.api.poll_for_jobs(
            actionTypeId=self.type_id(), maxBatchSize=1, queryParam={"ActionID": self.action_id}
        )["jobs"]

    def begin(self):
        (job,) = until(self.poll, what="a job")
        assert self.api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
        return job["id"]

    def data(self, job_id: str):
        return self.api.get_job_details(jobId=job_id)["jobDetails"]["data"]

    def state(self):
        return self.api.get_pipeline_state(name=self.pipeline)["stageStates"][1]["actionStates"][0]["latestExecution"]


def test_a_build_takes_its_input_by_the_name_in_the_key_and_sends_its_product(headrace, json_api, account, tmp_path):
    teamcity = TeamCity(headrace, json_api, account, version="7")
    assert teamcity.type_id()["version"] == "7"
    job_id = teamcity.begin()
    data = teamcity.data(job_id)
    assert data["actionConfiguration"]["configuration"]["BuildConfigurationID"] == "Harbor_Build"
    where = data["inputArtifacts"][0]["location"]["s3Location"]
    key = PurePosixPath(where["objectKey"])
    assert (len(key.parts), f"{key.parent.name}{key.suffix}") == (3, "MyApp.zip")
    target = tmp_path / f"{key.parent.name}{key.suffix}"
    headrace.s3(data["artifactCredentials"]).download_file(where["bucketName"], where["objectKey"], str(target))
    assert target.stat().st_size > 0

    again = teamcity.data(job_id)
    (output,) = again["outputArtifacts"]
    product = tmp_path / f"{output['name']}.zip"
    product.write_bytes(zipped(product="made"))
    to = output["location"]["s3Location"]
    s3 = headrace.s3(again["artifactCredentials"])
    s3.upload_file(str(product), to["bucketName"], to["objectKey"], ExtraArgs={"ServerSideEncryption": "aws:kms"})
    assert s3.get_object(Bucket=to["bucketName"], Key=to["objectKey"])["Body"].read() == product.read_bytes()
    json_api.put_job_success_result(
        jobId=job_id, executionDetails={"externalExecutionId": "901", "summary": "Build successfully finished"}
    )
    built = teamcity.state()
    assert (built["status"], built["summary"]) == ("Succeeded", "Build successfully finished")
    assert built["externalExecutionUrl"] == f"{SERVER}/viewLog.html?buildId=901&tab=buildResultsDiv"


def test_whatever_goes_wrong_after_the_poll_is_a_failed_job(headrace, json_api, account, stranger):
    teamcity = TeamCity(headrace, json_api, account, version="1")
    job_id = teamcity.begin()
    failure = {"type": "JobFailed", "message": "Build interrupted"}
    with refused("JobNotFoundException"):
        headrace.client(stranger).put_job_failure_result(jobId=job_id, failureDetails=failure)
    json_api.put_job_failure_result(jobId=job_id, failureDetails=failure)
    assert teamcity.state()["errorDetails"] == {"code": "JobFailed", "message": "Build interrupted"}


def test_a_server_without_the_type_finds_none(headrace, stranger):
    found = headrace.client(stranger).list_action_types(actionOwnerFilter="Custom")["actionTypes"]
    assert [each for each in found if each["id"]["provider"] == "TeamCity"] == []
