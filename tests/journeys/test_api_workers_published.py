"""Published job workers in Java and Python, call for call as their sources make them."""

import json

import pytest

from tests.journeys.test_api_artifacts import zipped
from tests.journeys.workshop import action, bounds, definition, noop, refused, stage, unique
from tests.running import until

# The Java sample parses the status of a job as one of these and stops at any other word.
JOB_STATUSES = {"Created", "Queued", "Dispatched", "InProgress", "TimedOut", "Succeeded", "Failed"}


def declare(api, category: str, *properties, artifacts: tuple[int, int] = (0, 1), outputs: tuple[int, int] = (0, 1)):
    type_id = {"category": category, "provider": unique("Own"), "version": "1"}
    api.create_custom_action_type(
        **type_id,
        configurationProperties=list(properties),
        inputArtifactDetails=bounds(*artifacts),
        outputArtifactDetails=bounds(*outputs),
    )
    return {**type_id, "owner": "Custom"}


def a_property(name: str, **flags):
    return {"name": name, "required": False, "key": True, "secret": False, **flags}


def after_a_source(api, account, name: str, *actions):
    code = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
    api.create_pipeline(pipeline=definition(account, name, [stage("Source", code), stage("Work", *actions)]))


def action_states(api, name: str, position: int):
    found = api.get_pipeline_state(name=name)["stageStates"][position]["actionStates"]
    return {each["actionName"]: each.get("latestExecution", {}) for each in found}


def test_the_java_sample_takes_as_many_jobs_as_it_has_free_threads(api, account):
    """The sample of awslabs: ten threads; configuration `JobStatus` says how a job ends."""
    type_id, name = declare(api, "Deploy", a_property("JobStatus")), unique("java")
    after_a_source(
        api,
        account,
        name,
        *(action(f"Ship{number}", type_id, configuration={"JobStatus": "Succeeded"}) for number in range(3)),
        action("Sink", type_id, configuration={"JobStatus": "Failed"}),
    )
    taken: dict[str, dict] = {}

    def all_taken() -> bool:
        for job in api.poll_for_jobs(actionTypeId=type_id, maxBatchSize=10 - len(taken))["jobs"]:
            status = api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"]
            assert status in JOB_STATUSES
            assert status == "InProgress"
            taken[job["id"]] = job["data"]
        return len(taken) == 4

    until(all_taken, what="four jobs")
    for number, (job_id, data) in enumerate(taken.items()):
        if data["actionConfiguration"]["configuration"]["JobStatus"] == "Failed":
            failure = {"type": "JobFailed", "message": "test message", "externalExecutionId": f"ext-{number}"}
            api.put_job_failure_result(jobId=job_id, failureDetails=failure)
            continue
        api.put_job_success_result(
            jobId=job_id,
            executionDetails={
                "summary": "test summary",
                "externalExecutionId": f"ext-{number}",
                "percentComplete": 100,
            },
            currentRevision={"revision": "test revision", "changeIdentifier": "test change identifier"},
        )
    states = action_states(api, name, 1)
    assert {each["status"] for key, each in states.items() if key != "Sink"} == {"Succeeded"}
    assert {each["percentComplete"] for key, each in states.items() if key != "Sink"} == {100}
    assert states["Sink"]["errorDetails"] == {"code": "JobFailed", "message": "test message"}


def test_a_stateless_poller_follows_its_work_through_continuations(headrace, api, account):
    """The custom-action poller of aws-samples: it keeps the id of its work in the continuation token, nowhere else."""
    required = [a_property(name, required=True) for name in ("ImageId", "InstanceType", "Command")]
    optional = [a_property(name) for name in ("WorkingDirectory", "OutputArtifactPath")]
    type_id, name = declare(api, "Build", *required, *optional), unique("poller")
    make = action("Make", type_id, inputArtifacts=[{"name": "Code"}], outputArtifacts=[{"name": "Product"}])
    make["configuration"] = {"ImageId": "ami-1", "InstanceType": "t3.small", "Command": "make"}
    after_a_source(api, account, name, make)
    work, said, rounds = f"arn:aws:states:us-east-1:{account['account_id']}:execution:build:1", [], []

    def one_round() -> bool:
        """Return whether the work has ended. The third round finds it finished."""
        for job in api.poll_for_jobs(actionTypeId=type_id, maxBatchSize=10)["jobs"]:
            api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
            data = job["data"]
            rounds.append((job["id"], data.get("continuationToken")))
            assert data["pipelineContext"]["pipelineArn"].endswith(f":{name}")
            assert data["pipelineContext"]["pipelineExecutionId"]
            if "continuationToken" not in data:
                begin = {"percentComplete": 0, "summary": "Starting EC2 build"}
                api.put_job_success_result(jobId=job["id"], continuationToken=work, executionDetails=begin)
            elif len(rounds) < 3:
                api.put_job_success_result(jobId=job["id"], continuationToken=data["continuationToken"])
            else:
                upload(data)
                done = {"summary": "Build finished", "externalExecutionId": work, "percentComplete": 100}
                api.put_job_success_result(jobId=job["id"], executionDetails=done)
            state = action_states(api, name, 1)["Make"]
            said.append((state["status"], state.get("percentComplete")))
        return len(rounds) == 3

    def upload(data) -> None:
        source, target = (data[key][0]["location"]["s3Location"] for key in ("inputArtifacts", "outputArtifacts"))
        s3 = headrace.s3(data["artifactCredentials"])
        assert s3.get_object(Bucket=source["bucketName"], Key=source["objectKey"])["ContentLength"] > 0
        s3.put_object(Bucket=target["bucketName"], Key=target["objectKey"], Body=zipped(product="made"))

    until(one_round, what="three rounds")
    assert [token for _, token in rounds] == [None, work, work]
    assert len({job_id for job_id, _ in rounds}) == 3
    assert [status for status, _ in said] == ["InProgress", "InProgress", "Succeeded"]
    assert (said[0][1], said[2][1]) == (0, 100)


class GitSource:
    """The third-party-git source worker of aws-samples."""

    def __init__(self, headrace, api, account, encryption_key: str | None) -> None:
        self.headrace, self.api, self.name = headrace, api, unique("gitsource")
        queryable = a_property("PipelineName", required=True, queryable=True)
        own = [a_property(key, required=True) for key in ("Branch", "GitUrl", "SSHSecretKeyName")]
        self.type = declare(api, "Source", queryable, *own, artifacts=(0, 0), outputs=(1, 1))
        source = action("Fetch", self.type, outputArtifacts=[{"name": "SourceCode"}], namespace="Source")
        source["configuration"] = {
            "PipelineName": self.name,
            "Branch": "main",
            "GitUrl": "ssh://git.example/harbor.git",
            "SSHSecretKeyName": "harbor",
        }
        stages = [
            stage("Source", source),
            stage("Work", action("Use", noop("Build"), inputArtifacts=[{"name": "SourceCode"}])),
        ]
        wanted = definition(account, self.name, stages)
        if encryption_key:
            wanted["artifactStore"]["encryptionKey"] = {"id": encryption_key, "type": "KMS"}
        api.create_pipeline(pipeline=wanted)

    def take(self):
        query = {"PipelineName": self.name}
        (job,) = until(lambda: self.api.poll_for_jobs(actionTypeId=self.type, queryParam=query)["jobs"], what="a job")
        self.api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
        return job


def test_a_source_worker_brings_a_commit_and_the_pipeline_uses_it(headrace, api, account):
    key_id = f"arn:aws:kms:us-east-1:{account['account_id']}:key/99999999-2222-3333-4444-555555555555"
    source = GitSource(headrace, api, account, key_id)
    job = source.take()
    data = job["data"]
    assert data["inputArtifacts"] == []
    assert data["encryptionKey"]["id"] == key_id  # it is read without asking whether it is there
    where = data["outputArtifacts"][0]["location"]["s3Location"]
    pipeline, artifact, file = where["objectKey"].split("/")
    assert (pipeline, artifact, file.endswith(".zip")) == (source.name[:20], "SourceCode", True)
    headrace.s3(data["artifactCredentials"]).put_object(
        Bucket=where["bucketName"],
        Key="/".join([pipeline, artifact, file]),
        Body=zipped(readme="harbor"),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=data["encryptionKey"]["id"],
    )
    commit = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
    api.put_job_success_result(
        jobId=job["id"],
        outputVariables={"commit_id": commit, "commit_message": "Warn of fog"},
        currentRevision={"revision": commit, "changeIdentifier": commit, "revisionSummary": "Warn of fog"},
    )
    execution = data["pipelineContext"]["pipelineExecutionId"]

    def read():
        return api.get_pipeline_execution(pipelineName=source.name, pipelineExecutionId=execution)["pipelineExecution"]

    until(lambda: read()["status"] == "Succeeded", what="the execution")
    (revision,) = read()["artifactRevisions"]
    assert (revision["name"], revision["revisionId"]) == ("SourceCode", commit)
    assert (revision["revisionChangeIdentifier"], revision["revisionSummary"]) == (commit, "Warn of fog")
    details = api.list_action_executions(pipelineName=source.name)["actionExecutionDetails"]
    fetch = next(each for each in details if each["actionName"] == "Fetch")
    assert fetch["output"]["outputVariables"] == {"commit_id": commit, "commit_message": "Warn of fog"}


def test_a_source_worker_that_cannot_go_on_abandons_the_execution(headrace, api, account, stranger):
    """It stops the execution instead of reporting a failure; its late result is then accepted and changes nothing."""
    source = GitSource(headrace, api, account, None)
    job = source.take()
    assert "encryptionKey" not in job["data"]
    stop = {
        "pipelineName": source.name,
        "pipelineExecutionId": job["data"]["pipelineContext"]["pipelineExecutionId"],
        "abandon": True,
        "reason": json.dumps({"error": "no such branch"}),
    }
    with refused("PipelineNotFoundException"):
        headrace.client(stranger).stop_pipeline_execution(**stop)
    api.stop_pipeline_execution(**stop)
    (found,) = api.list_pipeline_executions(pipelineName=source.name)["pipelineExecutionSummaries"]
    assert (found["status"], found["stopTrigger"]["reason"]) == ("Stopped", stop["reason"])
    assert action_states(api, source.name, 0)["Fetch"]["status"] == "Abandoned"
    revision = {"revision": "1", "changeIdentifier": "1"}
    api.put_job_success_result(jobId=job["id"], currentRevision=revision)
    assert action_states(api, source.name, 0)["Fetch"]["status"] == "Abandoned"


def test_a_threaded_worker_reads_and_writes_files_signed_for_s3v4(headrace, json_api, account, tmp_path):
    """A small public worker: download_file, make_archive, upload_file, and a summary, nothing else."""
    type_id, name = declare(json_api, "Build"), unique("threads")
    make = action("Make", type_id, inputArtifacts=[{"name": "Code"}], outputArtifacts=[{"name": "Product"}])
    after_a_source(json_api, account, name, make)
    (job,) = until(lambda: json_api.poll_for_jobs(actionTypeId=type_id)["jobs"], what="a job")
    json_api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    s3 = headrace.s3(job["data"]["artifactCredentials"], signature_version="s3v4")
    source = job["data"]["inputArtifacts"][0]["location"]["s3Location"]
    target = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
    s3.download_file(source["bucketName"], source["objectKey"], str(tmp_path / "in.zip"))
    (tmp_path / "out.zip").write_bytes(zipped(product="made"))
    s3.upload_file(str(tmp_path / "out.zip"), target["bucketName"], target["objectKey"])
    json_api.put_job_success_result(jobId=job["id"], executionDetails={"summary": "Made"})
    assert action_states(json_api, name, 1)["Make"]["summary"] == "Made"


@pytest.mark.parametrize("lists", ["inputArtifacts", "outputArtifacts"])
def test_lists_are_there_also_when_empty(api, account, lists):
    """Java finds null where a list is missing, and stops."""
    type_id, name = declare(api, "Test"), unique("empty")
    assert api.poll_for_jobs(actionTypeId=type_id)["jobs"] == []
    after_a_source(api, account, name, action("Look", type_id))
    (job,) = until(lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"], what="a job")
    assert job["data"][lists] == []
