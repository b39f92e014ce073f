"""boto3 and raw sockets against real servers on the loopback address."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from apps.awsapi.shapes.model import SERVICE
from tests.awsapi.driver import cbor_call, json_call
from tests.awsapi.signing import SECRET
from tests.tooling.services import free_port

ROOT = Path(__file__).parents[2]
SERVERS = {
    "uvicorn": ["-m", "uvicorn", "--no-date-header", "--lifespan", "off", "--host", "127.0.0.1", "--port"],
    "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-p"],
}


def wait_until_it_answers(port: int, process: subprocess.Popen) -> None:
    for _ in range(200):
        assert process.poll() is None, "the server ended while it started"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module", params=SERVERS)
def port(request):
    port = free_port()
    paths = os.pathsep.join([str(ROOT), str(ROOT / "plugins" / "sdk"), *filter(None, sys.path)])
    command = [sys.executable, *SERVERS[request.param], str(port), "tests.awsapi.served:application"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths}) as process:
        try:
            wait_until_it_answers(port, process)
            yield port
        finally:
            process.terminate()


def client(port: int, *, models: Path | None = None, key_id: str = "admin", secret: str = SECRET):
    session = botocore.session.Session()
    if models is not None:
        session.set_config_variable("data_path", str(models))
    return session.create_client(
        "codepipeline",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def cbor_models(tmp_path_factory) -> Path:
    """Make a folder with the service model cut to its CBOR protocol: botocore would choose JSON."""
    folder = tmp_path_factory.mktemp("models")
    model = json.loads(json.dumps(SERVICE._service_description))
    model["metadata"]["protocols"] = ["smithy-rpc-v2-cbor"]
    place = folder / "codepipeline" / SERVICE.api_version
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(model))
    return folder


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def boto(request, port, cbor_models):
    made = client(port, models=cbor_models if request.param != "json" else None)
    assert made.meta.service_model.resolved_protocol == request.param
    return made


def test_boto3_gets_its_answer_with_a_moment_and_a_request_id(boto):
    answer = boto.get_pipeline(name="release")
    assert answer["pipeline"]["name"] == "release"
    assert abs(answer["metadata"]["created"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_boto3_raises_the_modelled_exception(boto):
    with pytest.raises(boto.exceptions.PipelineNotFoundException, match="does not have a pipeline"):
        boto.get_pipeline(name="missing")


@pytest.mark.parametrize(
    ("request_", "code"),
    [({"name": "in valid"}, "ValidationException"), ({"name": "a", "version": 0}, "ValidationException")],
)
def test_boto3_sees_why_its_request_was_refused(boto, request_, code):
    with pytest.raises(ClientError) as refused:
        boto.get_pipeline(**request_)
    assert refused.value.response["Error"]["Code"] == code


def test_boto3_sees_that_an_operation_is_missing(boto):
    with pytest.raises(ClientError, match="UnknownOperationException"):
        boto.list_pipelines()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"key_id": "NOBODY"}, "UnrecognizedClientException"), ({"secret": "wrong"}, "InvalidSignatureException")],
)
def test_boto3_sees_that_it_is_not_let_in(port, arguments, code):
    with pytest.raises(ClientError) as refused:
        client(port, **arguments).get_pipeline(name="release")
    assert refused.value.response["Error"]["Code"] == code


def exchange(port: int, message: bytes, *, more: bytes = b"", times: int = 0) -> bytes:
    """Send raw bytes, then `more` so many times or until the server hangs up, and return what came back."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(10)
        received = b""
        try:
            connection.sendall(message)
            for _ in range(times):
                connection.sendall(more)
        except OSError:
            pass  # it hung up, as it should: the answer is read below
        try:
            while not is_whole(received) and (chunk := connection.recv(65_536)):
                received += chunk
        except OSError:
            return received
        return received


def is_whole(answer: bytes) -> bool:
    head, ended, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(ended and length) and len(body) >= int(length[1])


def on_the_wire(raw, *extra: bytes) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (raw.method.encode(), raw.path), *(b"%s: %s" % pair for pair in raw.headers), *extra]
    return b"\r\n".join([*lines, b"", b""])


@pytest.mark.parametrize("call", [json_call, cbor_call])
def test_a_declared_body_of_twenty_megabytes_is_refused(port, call):
    raw = call("GetPipeline", {"name": "release"}, at=datetime.now(UTC))
    answer = exchange(port, on_the_wire(raw, b"content-length: 20000000"), more=b"x" * 1_000_000, times=20)
    # Nothing where the server hung up while the body was still on its way: the answer is lost with the connection.
    assert answer == b"" or (b" 413 " in answer.split(b"\r\n")[0] and b"RequestEntityTooLargeException" in answer)


@pytest.mark.parametrize("name", [b"host", b"authorization", b"x-amz-date", b"x-amz-target", b"content-type"])
def test_a_repeated_header_is_no_server_fault(port, name):
    raw = json_call("GetPipeline", {"name": "release"}, at=datetime.now(UTC))
    repeated = b"%s: %s" % (name, dict(raw.headers)[name])
    length = b"content-length: %d" % len(raw.body)
    answer = exchange(port, on_the_wire(raw, repeated, length, b"connection: close") + raw.body)
    assert b" 400 " in answer.split(b"\r\n")[0]


def test_there_is_one_date_in_an_answer(port):
    raw = json_call("GetPipeline", {"name": "release"}, at=datetime.now(UTC))
    length = b"content-length: %d" % len(raw.body)
    answer = exchange(port, on_the_wire(raw, length, b"connection: close") + raw.body)
    assert b" 200 " in answer.split(b"\r\n")[0]
    assert answer.lower().count(b"\r\ndate: ") == 1
