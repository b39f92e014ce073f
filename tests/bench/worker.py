"""A job worker as a process of its own, which polls without a pause, acknowledges, and tells of success.

python -m tests.bench.worker: its input's first line says which jobs it does, and how; it works until the input ends.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.running import REGION, ROOT, Account

END_SECONDS = 15
BOTO3, LEAN = "boto3", "lean"


@contextmanager
def working(url: str, account: Account, type_id: Mapping[str, str], client: str) -> Iterator[None]:
    """Have a worker for the jobs of one action type. Shapes: `client` is BOTO3 or LEAN."""
    order = {"url": url, "account": dict(account), "type": dict(type_id), "client": client}
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.worker"], cwd=ROOT, stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.stdin.close()
        try:
            status = process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert status == 0, f"A job worker ended with status {status}."


class Lean:
    """The three calls of a job worker over one lasting connection, without an SDK. Named as boto3 names them."""

    def __init__(self, url: str, account: Account) -> None:
        self.url = url
        self.signer = SigV4Auth(
            Credentials(account["access_key_id"], account["secret_access_key"]), "codepipeline", REGION
        )
        self.connection = HTTPConnection(urlsplit(url).netloc)

    def poll_for_jobs(self, **arguments: Any) -> dict[str, Any]:
        return self._call("PollForJobs", arguments)

    def acknowledge_job(self, **arguments: Any) -> dict[str, Any]:
        return self._call("AcknowledgeJob", arguments)

    def put_job_success_result(self, **arguments: Any) -> dict[str, Any]:
        return self._call("PutJobSuccessResult", arguments)

    def _call(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(arguments).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"CodePipeline_20150709.{operation}",
        }
        request = AWSRequest("POST", f"{self.url}/", headers=headers, data=body)
        self.signer.add_auth(request)
        self.connection.request("POST", "/", body, dict(request.headers.items()))
        response = self.connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        told: dict[str, Any] = json.loads(answer) if answer else {}
        return told


def client_of(url: str, account: Account, client: str) -> Any:
    if client == LEAN:
        return Lean(url, account)
    return boto3.session.Session(
        region_name=REGION,
        aws_access_key_id=account["access_key_id"],
        aws_secret_access_key=account["secret_access_key"],
    ).client("codepipeline", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))


def main() -> None:
    order = json.loads(sys.stdin.readline())
    api = client_of(order["url"], order["account"], order["client"])
    ended = Event()

    def await_the_end() -> None:
        sys.stdin.read()
        ended.set()

    Thread(target=await_the_end, daemon=True).start()
    while not ended.is_set():
        for job in api.poll_for_jobs(actionTypeId=order["type"])["jobs"]:
            api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
            api.put_job_success_result(jobId=job["id"])


if __name__ == "__main__":
    main()
