"""One walk for each client: current and old boto3, the aws CLI, the JavaScript SDK, over what each of them speaks."""

import pytest

from tests.compat.clients import callers
from tests.compat.clients.table import NEEDS, STEPS
from tests.compat.clients.walk import Walk
from tests.compat.page import operations
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
    nowhere = {"HEADRACE_GITHUB_API_URL": "http://127.0.0.1:9"}  # webhooks are registered in the background
    with Headrace(environment=nowhere) as running:
        yield running


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_does_not_notice_the_difference(headrace, name):
    title, make = CLIENTS[name]
    account = headrace.create_account(title)
    with Recorder(headrace.url) as recorder:
        client = make(account, recorder.url)
        try:
            steps = take(Walk(headrace, account, client, recorder))
        finally:
            client.close()
    assert recorder.protocols() == {client.protocol}
    assert recorder.answered() == client.operations
    younger = sorted(set(operations()) - client.operations)
    notes = [f"does not know {operation}, which is younger" for operation in younger]
    record(name, Result(title, client.version, passed(recorder.answered()), steps, notes))


def take(walk: Walk) -> list[str]:
    """Take the steps that the client knows the operations for, and return their names."""
    steps = [step for step in STEPS if NEEDS.get(step, "GetPipeline") in walk.client.operations]
    for step in steps:
        try:
            STEPS[step](walk)
        except Exception as error:
            error.add_note(f"This was the step '{step}'.\n{walk.headrace.logs(lines=10)}")
            raise
    return steps
