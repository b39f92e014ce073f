"""Artifacts of jobs over the S3-compatible endpoint, as a job worker with a current boto3 reads and writes them."""

import io
import os
import zipfile

from tests.journeys.workshop import action, declare, definition, noop, refused, stage, take, unique


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def artifact_pipeline(api, account):
    type_id = declare(api)
    name = unique("artifacts")
    make = action("Make", type_id, inputArtifacts=[{"name": "Code"}], outputArtifacts=[{"name": "Product"}])
    use = action("Use", type_id, inputArtifacts=[{"name": "Product"}])
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", make),
        stage("Use", use),
    ]
    api.create_pipeline(pipeline=definition(account, name, stages))
    return type_id


def test_artifacts_go_in_and_out_with_the_jobs_credentials(headrace, api, account, tmp_path):
    """A worker with a current boto3: download_file, put_object, upload_file in parts, head_object, get_object."""
    type_id = artifact_pipeline(api, account)
    job = take(api, type_id)
    data = job["data"]
    s3 = headrace.s3(data["artifactCredentials"])
    source = data["inputArtifacts"][0]["location"]["s3Location"]
    target = data["outputArtifacts"][0]["location"]["s3Location"]
    assert target["objectKey"].count("/") == 2
    s3.download_file(source["bucketName"], source["objectKey"], str(tmp_path / "in.zip"))
    assert zipfile.ZipFile(tmp_path / "in.zip").namelist() == ["token.txt"]
    where = {"Bucket": target["bucketName"], "Key": target["objectKey"]}
    s3.put_object(**where, Body=zipped(a="first"), ServerSideEncryption="aws:kms")
    big = tmp_path / "big.zip"
    big.write_bytes(os.urandom(20 * 1024**2))
    s3.upload_file(str(big), target["bucketName"], target["objectKey"])
    assert s3.head_object(**where)["ContentLength"] == big.stat().st_size
    assert s3.get_object(**where)["Body"].read() == big.read_bytes()
    fresh = api.get_job_details(jobId=job["id"])["jobDetails"]["data"]["artifactCredentials"]
    assert fresh["sessionToken"] != data["artifactCredentials"]["sessionToken"]
    api.put_job_success_result(jobId=job["id"])
    following = take(api, type_id)["data"]
    received = following["inputArtifacts"][0]["location"]["s3Location"]
    assert received == target
    reader = headrace.s3(following["artifactCredentials"])
    reader.download_file(received["bucketName"], received["objectKey"], str(tmp_path / "out.zip"))
    assert (tmp_path / "out.zip").read_bytes() == big.read_bytes()


def test_a_jobs_credentials_open_its_artifacts_only(headrace, api, account, stranger):
    type_id = artifact_pipeline(api, account)
    data = take(api, type_id)["data"]
    s3 = headrace.s3(data["artifactCredentials"])
    source = data["inputArtifacts"][0]["location"]["s3Location"]
    with refused("AccessDenied"):
        s3.put_object(Bucket=source["bucketName"], Key=source["objectKey"], Body=b"other")
    with refused("AccessDenied"):
        s3.get_object(Bucket=source["bucketName"], Key="other/object/key.zip")
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket=source["bucketName"])
    without_token = {**data["artifactCredentials"], "sessionToken": None}
    with refused("InvalidToken|InvalidAccessKeyId|AccessDenied|403"):
        headrace.s3(without_token).get_object(Bucket=source["bucketName"], Key=source["objectKey"])
    with refused("NoSuchKey"):
        headrace.s3(stranger).get_object(Bucket=source["bucketName"], Key=source["objectKey"])
