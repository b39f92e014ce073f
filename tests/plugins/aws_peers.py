"""AWS in tests: moto's server on loopback, and answers written down here, both behind the client that Headrace uses."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx2
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from apps.actions.host.aws import GuardedAws
from headrace_sdk import Request
from headrace_sdk.egress import Egress
from headrace_sdk.http import GuardedHttp
from headrace_sdk.request import Http
from headrace_sdk.testing import RuleContract, ScriptedPeer, make_request

CONNECTION = {"region": "us-east-1", "access_key_id": "AKIAEXAMPLE", "secret_access_key": "not-a-secret"}
SERVICES = ("iam", "lambda", "cloudwatch", "codebuild")
LOOPBACK = Egress(allowed=("127.0.0.1",))
ROLE = "arn:aws:iam::123456789012:role/service-role/builds"


def aws_over(http: Http, endpoint: str = "") -> GuardedAws:
    return GuardedAws({**CONNECTION, "endpoint_url": endpoint}, lambda seconds: http)


def aws_at(endpoint: str, time_limit_seconds: float = 10) -> GuardedAws:
    return aws_over(GuardedHttp(LOOPBACK, time_limit_seconds=time_limit_seconds), endpoint)


def told(members: Mapping[str, Any], status: int = 200) -> httpx2.Response:
    """Return an answer of CloudWatch or CodeBuild, which speak AWS JSON."""
    return httpx2.Response(status, json=members)


def refusal(code: str, message: str = "", status: int = 400) -> httpx2.Response:
    return told({"__type": f"com.amazonaws#{code}", "message": message}, status)


def returned(value: Any, **headers: str) -> httpx2.Response:
    """Return what Lambda answers when a function ended."""
    return httpx2.Response(200, headers=headers, content=json.dumps(value).encode())


class AwsRuleContract(RuleContract):
    """RuleContract whose AWS is reached over the request's `http`, so that what misbehaves there is met."""

    answers: tuple[httpx2.Response, ...] = ()

    def request(self, folder: Path, **fields: Any) -> Request:
        http = fields.pop("http", None) or ScriptedPeer(*self.answers)
        return super().request(folder, **{"http": http, "aws": aws_over(http), **fields})


def asking(folder: Path, configuration: Mapping[str, str], *answers: httpx2.Response | Exception, **fields: Any):
    """Return a request of a rule, and the peer that gives it the answers."""
    peer = ScriptedPeer(*answers)
    return make_request(folder, configuration, aws=aws_over(peer), **fields), peer


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto with functions that are only pretended. Yields its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        httpx2.post(f"{url}/moto-api/config", json={"lambda": {"use_docker": False}}, trust_env=False)
        yield url
    finally:
        server.stop()
        for service in SERVICES:  # what was made outlives the server: moto keeps it for the process
            get_backend(service).reset()


def furnish(url: str) -> Callable[[str], Any]:
    """Make a function, an alarm and a build project, all named `check`, and return a maker of clients."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="not-a-secret",
        )

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("check.py", "def handler(event, context): return True")
    role = client("iam").create_role(RoleName="check", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    function = {"FunctionName": "check", "Role": role, "Runtime": "python3.12", "Handler": "check.handler"}
    client("lambda").create_function(**function, Code={"ZipFile": code.getvalue()})
    client("cloudwatch").put_metric_alarm(
        AlarmName="check", MetricName="Errors", Namespace="Shop", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    client("codebuild").create_project(
        name="check",
        source={"type": "S3", "location": "bucket/key"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "debian", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=ROLE,
    )
    return client
