"""One walk for each client: current and old boto3, the aws CLI, the JavaScript SDK, over what each of them speaks."""

import pytest

from tests.compat.clients import callers
from tests.compat.clients.walk import STEPS, Walk
from tests.compat.recording import Recorder
from tests.compat.results import Result, passed, record
from tests.running import Headrace

pytestmark = pytest.mark.clients
CLIENTS = {
    "boto3_json": ("boto3, JSON", callers.boto3_json),
    "boto3_cbor": ("boto3, CBOR", callers.boto3_cbor),
    "boto3_1_34": ("boto3 1.34", callers.boto3_1_34),
    "aws_cli_v1": ("aws CLI v1", callers.CommandLine),
    "javascript_json": ("JavaScript SDK v3, JSON", callers.javascript_json),
    "javascript_cbor": ("JavaScript SDK v3, CBOR", callers.javascript_cbor),
}


@pytest.fixture(scope="module")
def headrace():
    with Headrace() as running:
        yield running


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_does_not_notice_the_difference(headrace, name):
    title, make = CLIENTS[name]
    account = headrace.create_account(title)
    with Recorder(headrace.url) as recorder:
        client = make(account, recorder.url)
        try:
            walk = Walk(headrace, account, client, recorder)
            for step, take in STEPS.items():
                try:
                    take(walk)
                except Exception as error:
                    error.add_note(f"in step '{step}' of {title}\n{headrace.logs(lines=10)}")
                    raise
        finally:
            client.close()
        assert recorder.protocols() == {client.protocol}
        record(name, Result(title, client.version, passed(recorder.answered()), list(STEPS)))
