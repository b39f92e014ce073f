"""The CodePipeline plugin of Jenkins, exchange for exchange: what it sends, in its order, and what it reads."""

import io
import os
import tarfile
import zipfile

import pytest

from tests.journeys.workshop import action, bounds, definition, noop, refused, stage, unique
from tests.running import REGION, until
from tests.tooling import signed_chunks

PART_BYTES = 5 * 1024**2
URLS = {
    "entityUrlTemplate": "https://jenkins.example/job/{Config:ProjectName}",
    "executionUrlTemplate": "https://jenkins.example/job/{Config:ProjectName}/{ExternalExecutionId}",
}
PROJECT = {"name": "ProjectName", "required": True, "key": True, "secret": False, "queryable": True}
CONTENT_TYPES = {"zip": "application/zip", "tar": "application/tar", "tar.gz": "application/gzip"}


class Jenkins:
    """A build server with the plugin, and a pipeline of two actions for it: Build hands its product to Test."""

    def __init__(self, headrace, api, account, encryption_key: str | None = None) -> None:
        self.headrace, self.api = headrace, api
        self.project, self.pipeline = unique("harbor"), unique("jenkins")
        self.types = {category: self._declare(category) for category in ("Build", "Test")}
        make = action("Make", self.types["Build"], inputArtifacts=[{"name": "Code"}])
        make |= {"configuration": {"ProjectName": self.project}, "outputArtifacts": [{"name": "Product"}]}
        check = action("Check", self.types["Test"], inputArtifacts=[{"name": "Product"}])
        check["configuration"] = {"ProjectName": self.project}
        code = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
        wanted = definition(account, self.pipeline, [stage("Source", code), stage("Build", make), stage("Test", check)])
        if encryption_key:
            wanted["artifactStore"]["encryptionKey"] = {"id": encryption_key, "type": "KMS"}
        api.create_pipeline(pipeline=wanted)

    def _declare(self, category: str) -> dict[str, str]:
        type_id = {"category": category, "provider": unique("Jenkins"), "version": "1"}
        artifacts = {"inputArtifactDetails": bounds(0, 5), "outputArtifactDetails": bounds(0, 5)}
        self.api.create_custom_action_type(**type_id, **artifacts, settings=URLS, configurationProperties=[PROJECT])
        return {**type_id, "owner": "Custom"}

    def poll(self, category: str, project: str | None = None):
        """The poll of the trigger: one job at a time, of this Jenkins job by its name."""
        found = self.api.poll_for_jobs(
            actionTypeId=self.types[category], maxBatchSize=1, queryParam={"ProjectName": project or self.project}
        )
        return found["jobs"]

    def begin(self, category: str):
        """Poll, acknowledge, and read the job anew for credentials: the plugin takes none from the poll."""
        (job,) = until(lambda: self.poll(category), what=f"a job for {category}")
        assert self.api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
        data = self.fresh(job["id"])
        assert data["pipelineContext"]["pipelineName"] == self.pipeline
        assert data["pipelineContext"]["stage"]["name"] == category
        return job["id"], data

    def fresh(self, job_id: str):
        return self.api.get_job_details(jobId=job_id)["jobDetails"]["data"]

    def unpack(self, data) -> dict[str, bytes]:
        """Fetch each input and unpack it by the end of its key or, without one, by its content type."""
        files: dict[str, bytes] = {}
        for artifact in data["inputArtifacts"]:
            where = artifact["location"]["s3Location"]
            found = self.headrace.s3(data["artifactCredentials"]).get_object(
                Bucket=where["bucketName"], Key=where["objectKey"]
            )
            files |= unpacked(found["Body"].read(), kind_of(where["objectKey"], found["ContentType"]))
        return files

    def upload(self, data, body: bytes, kind: str, key_id: str | None = None):
        """Send the only output in parts of 5 MiB as the first Java SDK does: each in signed chunks."""
        where = data["outputArtifacts"][0]["location"]["s3Location"]
        target = {"Bucket": where["bucketName"], "Key": where["objectKey"]}
        s3 = self.headrace.s3(data["artifactCredentials"])
        encryption = {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": key_id} if key_id else {})}
        begun = s3.create_multipart_upload(**target, ContentType=CONTENT_TYPES[kind], **encryption)
        assert begun["ServerSideEncryption"] == "aws:kms"
        tags = []
        for number, start in enumerate(range(0, len(body), PART_BYTES), 1):
            address = f"{self.headrace.url}/{target['Bucket']}/{target['Key']}"
            answer = signed_chunks.put(
                f"{address}?uploadId={begun['UploadId']}&partNumber={number}",
                body[start : start + PART_BYTES],
                signed_chunks.credentials_of(data["artifactCredentials"]),
                REGION,
            )
            assert answer.status == 200
            tags.append({"PartNumber": number, "ETag": answer.headers["ETag"]})
        s3.complete_multipart_upload(**target, UploadId=begun["UploadId"], MultipartUpload={"Parts": tags})
        return s3.head_object(**target)

    def state(self, stage_name: str):
        states = self.api.get_pipeline_state(name=self.pipeline)["stageStates"]
        (found,) = next(each for each in states if each["stageName"] == stage_name)["actionStates"]
        return found["latestExecution"]


def packed(kind: str, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if kind == "tar.gz" else "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unpacked(body: bytes, kind: str) -> dict[str, bytes]:
    if kind == "zip":
        archive = zipfile.ZipFile(io.BytesIO(body))
        return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz" if kind == "tar.gz" else "r:") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive.getmembers()}


def kind_of(key: str, content_type: str) -> str:
    by_end = next((kind for kind in ("zip", "tar.gz", "tar") if key.endswith(f".{kind}")), None)
    return by_end or {named: kind for kind, named in CONTENT_TYPES.items()}[content_type]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_a_build_passes_its_product_to_the_test(headrace, api, account, kind):
    jenkins = Jenkins(headrace, api, account)
    job_id, data = jenkins.begin("Build")
    assert list(jenkins.unpack(data)) == ["token.txt"]
    assert "encryptionKey" not in data
    product = packed(kind, product=os.urandom(2 * PART_BYTES + 1234))
    later = jenkins.fresh(job_id)
    stored = jenkins.upload(later, product, kind)
    assert (stored["ContentLength"], stored["ContentType"]) == (len(product), CONTENT_TYPES[kind])
    assert stored["ServerSideEncryption"] == "aws:kms"
    api.put_job_success_result(jobId=job_id, executionDetails={"externalExecutionId": "42", "summary": "Finished"})
    built = jenkins.state("Build")
    assert (built["status"], built["summary"], built["externalExecutionId"]) == ("Succeeded", "Finished", "42")
    assert built["externalExecutionUrl"] == f"https://jenkins.example/job/{jenkins.project}/42"

    job_id, data = jenkins.begin("Test")
    assert data["outputArtifacts"] == []
    assert jenkins.unpack(data) == unpacked(product, kind)
    api.put_job_success_result(jobId=job_id, executionDetails={"externalExecutionId": "43", "summary": "Finished"})
    assert jenkins.state("Test")["status"] == "Succeeded"


@pytest.mark.parametrize("message", ["Build failed", "Tests failed", "Failed to upload output artifact(s): Product"])
def test_a_failed_build_says_so(headrace, api, account, message):
    jenkins = Jenkins(headrace, api, account)
    job_id, _ = jenkins.begin("Build")
    api.put_job_failure_result(
        jobId=job_id, failureDetails={"type": "JobFailed", "externalExecutionId": "44", "message": message}
    )
    failed = jenkins.state("Build")
    assert (failed["status"], failed["externalExecutionId"]) == ("Failed", "44")
    assert failed["errorDetails"] == {"code": "JobFailed", "message": message}
    assert jenkins.poll("Test") == []


def test_a_nonce_that_another_server_used_ends_the_build_without_a_result(headrace, api, account):
    """The plugin gives up on InvalidNonceException and reports nothing; the job stays with whoever was first."""
    jenkins = Jenkins(headrace, api, account)
    (job,) = until(lambda: jenkins.poll("Build"), what="a job")
    api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    with refused("InvalidNonceException"):
        api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    assert jenkins.state("Build")["status"] == "InProgress"
    api.put_job_success_result(jobId=job["id"], executionDetails={"externalExecutionId": "45", "summary": "Finished"})
    assert jenkins.state("Build")["externalExecutionId"] == "45"


def test_a_project_is_offered_its_own_jobs_only(headrace, api, account, stranger):
    jenkins = Jenkins(headrace, api, account)
    until(lambda: jenkins.state("Source")["status"] == "Succeeded", what="the source")
    assert jenkins.poll("Build", project="somebody-elses") == []
    with refused("ActionTypeNotFoundException"):
        headrace.client(stranger).poll_for_jobs(
            actionTypeId=jenkins.types["Build"], queryParam={"ProjectName": jenkins.project}
        )
    assert len(until(lambda: jenkins.poll("Build"), what="a job")) == 1


def test_the_key_of_the_store_reaches_the_build_and_its_uploads(headrace, api, account):
    key_id = f"arn:aws:kms:us-east-1:{account['account_id']}:key/11111111-2222-3333-4444-555555555555"
    jenkins = Jenkins(headrace, api, account, encryption_key=key_id)
    job_id, data = jenkins.begin("Build")
    assert data["encryptionKey"] == {"id": key_id, "type": "KMS"}
    stored = jenkins.upload(data, packed("zip", product=b"small"), "zip", key_id)
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key_id)
    api.put_job_success_result(jobId=job_id, executionDetails={"externalExecutionId": "46", "summary": "Finished"})
    assert jenkins.unpack(jenkins.begin("Test")[1]) == {"product": b"small"}


def test_a_chunk_that_was_changed_on_the_way_is_refused(headrace, api, account, monkeypatch):
    jenkins = Jenkins(headrace, api, account)
    job_id, data = jenkins.begin("Build")
    where = data["outputArtifacts"][0]["location"]["s3Location"]
    address = f"{headrace.url}/{where['bucketName']}/{where['objectKey']}"
    monkeypatch.setattr(signed_chunks, "_chunk_signature", lambda piece, previous, signer, request: "0" * 64)
    keys = signed_chunks.credentials_of(data["artifactCredentials"])
    assert signed_chunks.put(address, b"product", keys, REGION).status == 403
    with refused("NoSuchKey"):
        headrace.s3(data["artifactCredentials"]).get_object(Bucket=where["bucketName"], Key=where["objectKey"])
    api.put_job_failure_result(jobId=job_id, failureDetails={"type": "JobFailed", "message": "Build failed"})
