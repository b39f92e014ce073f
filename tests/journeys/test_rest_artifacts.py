"""The artifacts of an execution over REST, against a running server: whole, checked, for members only."""

from hashlib import sha256

import httpx2
import pytest

from tests.journeys.workshop import Workshop, action, stage
from tests.running import Account, Headrace

CONTENT = bytes(range(256)) * 4096  # a megabyte, so that it comes in pieces


@pytest.fixture(scope="module")
def made(headrace: Headrace, account: Account) -> str:
    """Return the address of the artifacts of an execution that has made one, named Out."""
    shop = Workshop(headrace.client(account), account, {"Build": [("Make", 1)]})
    shop.succeed(shop.first, "Make")
    outputs = [{"name": "Out"}]
    shop.stages = [shop.stages[0], stage("Build", action("Make", shop.type, outputArtifacts=outputs))]
    shop.api.update_pipeline(pipeline=shop.definition())
    execution = shop.start()
    job = shop.job(execution, "Make")
    place = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
    store = headrace.s3(job["data"]["artifactCredentials"])
    store.put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=CONTENT, ContentType="text/html")
    shop.succeed(execution, "Make")
    return f"/accounts/{account['account_id']}/executions/{execution}/artifacts/"


@pytest.fixture(scope="module")
def member(headrace, account) -> httpx2.Client:
    return headrace.rest(headrace.token(account, role="viewer"))


def test_an_artifact_is_listed_and_comes_whole_as_a_file_to_save(member, made):
    found = {item["name"]: item for item in member.get(made).json()["items"]}
    assert found["Out"]["sha256"] == sha256(CONTENT).hexdigest()
    assert found["Out"]["size"] == len(CONTENT)
    answer = member.get(f"{made}Out/")
    assert answer.content == CONTENT
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["x-content-sha256"] == sha256(CONTENT).hexdigest()
    assert "sandbox" in answer.headers["content-security-policy"]


def test_an_artifact_that_is_not_there_is_not_found(member, made):
    assert member.get(f"{made}Nothing/").status_code == 404
    assert member.get(made.replace(made.split("/")[4], "00000000-0000-0000-0000-000000000000")).status_code == 404


def test_a_stranger_gets_the_answer_of_what_is_not_there(headrace, account, stranger, made):
    foreign = headrace.rest(headrace.token(stranger))
    elsewhere = made.replace(account["account_id"], stranger["account_id"])
    execution = made.split("/")[4]
    for place in (made, f"{made}Out/"):
        assert foreign.get(place).json()["detail"] == f"There is no account {account['account_id']} among yours."
    for place in (elsewhere, f"{elsewhere}Out/"):
        assert foreign.get(place).json()["detail"] == f"The account has no execution {execution}."


def test_damaged_bytes_never_come_whole(headrace, account, member, made):
    flipped = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    (blob,) = (
        file
        for file in headrace.data.rglob("*")
        if file.is_file() and file.stat().st_size == len(CONTENT) and file.read_bytes() == CONTENT
    )
    blob.chmod(0o600)
    blob.write_bytes(flipped)
    try:
        for _ in range(2):  # the server must live through the first
            with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
                member.get(f"{made}Out/")
    finally:
        blob.write_bytes(CONTENT)
    assert member.get(f"{made}Out/").content == CONTENT
