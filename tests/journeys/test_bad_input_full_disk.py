"""A disk that is really full: a file system of fixed size under everything that Headrace writes."""

import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import action, definition, noop, simple, stage, unique
from tests.running import Headrace, until

pytestmark = pytest.mark.sandbox
MIB = 1024**2
SIZE_MIB = 160


@pytest.fixture
def small(tmp_path):
    """A data directory that is a file system of its own."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0700", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(file) -> None:
    """Write until nothing more goes in, byte by byte at the end."""
    with open(file, "wb", buffering=0) as stream:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    stream.write(b"\0" * size)
            except OSError:
                continue


def refusal(call) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    found = caught.value.response
    return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"]


def readiness(headrace: Headrace):
    try:
        answer = urllib.request.urlopen(f"{headrace.url}/readyz", timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, json.load(answer)


def slow(account, name: str):
    """A release that is under way for a second."""
    make = action("Make", noop("Build"), configuration={"Behaviour": "sleep:1"}, outputArtifacts=[{"name": "Made"}])
    send = action("Send", noop("Deploy"), inputArtifacts=[{"name": "Made"}])
    stages = [stage("Source", action("Start", noop("Source"))), stage("Build", make), stage("Ship", send)]
    return definition(account, name, stages)


def test_a_full_disk_is_told_loses_nothing_and_recovers_by_itself(small):
    with Headrace(data=small, environment={"HEADRACE_JOB_LEASE_SECONDS": "3"}) as headrace:
        account = headrace.create_account()
        api, s3 = headrace.client(account), headrace.s3(account)
        where = {"Bucket": account["artifact_bucket"], "Key": "kept/for/later.zip"}
        s3.put_object(**where, Body=b"kept" * MIB)
        done = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
        until(lambda: statuses(api, done) == ["Succeeded"], what="a release before")
        under_way = api.create_pipeline(pipeline=slow(account, unique("slow")))["pipeline"]["name"]
        fill(small / "filler")
        assert readiness(headrace)[0] == 503
        assert "MiB are free" in readiness(headrace)[1]["problems"]["disk"]
        assert refusal(lambda: api.create_pipeline(pipeline=simple(account))) == (503, "ServiceUnavailable")
        assert refusal(lambda: s3.put_object(**where, Body=b"new" * MIB)) == (503, "ServiceUnavailable")
        assert s3.get_object(**where)["Body"].read() == b"kept" * MIB
        assert statuses(api, done) == ["Succeeded"]
        (small / "filler").unlink()
        until(lambda: readiness(headrace)[0] == 200, what="readiness with space again")
        s3.put_object(**where, Body=b"new" * MIB)
        (execution,) = until(lambda: ended(api, under_way), seconds=60, what="the end of the release under way")
        if execution["status"] == "Failed":
            retry(api, under_way, execution["pipelineExecutionId"])
        until(lambda: statuses(api, under_way) == ["Succeeded"], what="success after all")
        assert all(process.poll() is None for process in headrace.processes.values())


def statuses(api, name: str) -> list[str]:
    return [each["status"] for each in api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]]


def ended(api, name: str):
    found = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return found if found[0]["status"] in {"Succeeded", "Failed"} else None


def retry(api, name: str, execution: str) -> None:
    """Retry the stage that a full disk failed, which says so."""
    states = api.get_pipeline_state(name=name)["stageStates"]
    failed = next(each for each in states if each["latestExecution"]["status"] == "Failed")
    assert failed["actionStates"][0]["latestExecution"]["errorDetails"]["code"] == "SystemUnavailable"
    api.retry_stage_execution(
        pipelineName=name, stageName=failed["stageName"], pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
    )
