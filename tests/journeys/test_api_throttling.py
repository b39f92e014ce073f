"""An account that calls too often: boto3 waits and repeats by itself, and other accounts are not slowed."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from tests.journeys.workshop import refused
from tests.running import CBOR, JSON, REGION, Account, Headrace

READS, CHANGES = 5, 2


@pytest.fixture(scope="module")
def slow() -> Iterator[Headrace]:
    rates = {"HEADRACE_API_READS_PER_SECOND": str(READS), "HEADRACE_API_CHANGES_PER_SECOND": str(CHANGES)}
    with Headrace(environment=rates) as running:
        yield running


@pytest.fixture
def account(slow) -> Account:
    return slow.create_account()


def patient(slow: Headrace, account: Account, **retries):
    """Return boto3 as people use it, with retries."""
    return boto3.client(
        "codepipeline",
        endpoint_url=slow.url,
        region_name=REGION,
        aws_access_key_id=account["access_key_id"],
        aws_secret_access_key=account["secret_access_key"],
        config=Config(retries={"mode": "standard", **retries}),
    )


def test_boto3_is_throttled_waits_and_succeeds_by_itself(slow, account):
    api, retried = patient(slow, account, total_max_attempts=3), 0
    for _ in range(READS * 4):
        answer = api.list_pipelines()
        retried += answer["ResponseMetadata"]["RetryAttempts"]
        assert answer["pipelines"] == []
    assert retried > 0


@pytest.mark.parametrize("protocol", [JSON, CBOR])
def test_who_does_not_wait_is_refused_and_others_are_served(slow, account, protocol):
    api = slow.client(account, protocol)
    with refused("ThrottlingException") as caught:
        for _ in range(READS * 20):
            api.list_pipelines()
    answer = caught.value.response["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 400
    assert 0 < int(answer["HTTPHeaders"]["x-amz-retry-after"]) <= 1000
    other = slow.create_account("Other")
    assert slow.client(other, protocol).list_pipelines()["pipelines"] == []
    with refused("PipelineNotFoundException"):
        api.start_pipeline_execution(name="none")  # changes have a bucket of their own


def test_guesses_of_a_nonce_are_throttled(slow, account):
    """T-40: a job worker that guesses gets two tries a second."""
    api, refusals = slow.client(account), []
    for number in range(CHANGES * 10):
        with refused("JobNotFoundException|ThrottlingException") as caught:
            api.acknowledge_job(jobId=str(uuid4()), nonce=str(number))
        refusals.append(caught.value.response["Error"]["Code"])
    assert "ThrottlingException" in refusals
    assert refusals[: CHANGES * 2] == ["JobNotFoundException"] * CHANGES * 2
