"""A running Headrace, a stand-in for the rest of AWS, and one address for both that programs are pointed at."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.compat.programs.keeping import environment
from tests.compat.programs.program import Program
from tests.compat.recording import Recorder
from tests.journeys.conftest import forget_types
from tests.running import REGION, Account, Headrace, until
from tests.tooling.services import free_port

NUMBER = "123456789012"  # moto's, unless it is told otherwise; its tests expect it
seen: dict[str, Program] = {}
has_passed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Keep whether a test passed, and show beside a failure what the processes had to say."""
    report = yield
    item.stash[has_passed] = item.stash.get(has_passed, True) and report.passed
    headrace = getattr(item, "funcargs", {}).get("headrace")
    if report.failed and isinstance(headrace, Headrace):
        report.sections.append(("Headrace", headrace.logs()))
    return report


def pytest_sessionfinish() -> None:
    for program in seen.values():
        program.record()


@pytest.fixture(scope="session")
def headrace() -> Iterator[Headrace]:
    with Headrace() as running:
        yield running


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of moto's server, which answers for the services that Headrace is not."""
    port, log = free_port(), tmp_path_factory.mktemp("moto") / "log"
    command = [environment("moto") / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen([str(word) for word in command], stdout=stream, stderr=stream)
    try:
        until(lambda: b"Running on" in log.read_bytes(), what="moto's server")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def open_recorder(headrace: Headrace, elsewhere: str) -> Iterator[Recorder]:
    with Recorder(headrace.url, elsewhere=elsewhere) as running:
        yield running


@pytest.fixture
def recorder(request: pytest.FixtureRequest, open_recorder: Recorder) -> Iterator[Recorder]:
    """The address to give to a program. What it answered in a test that passed counts for the program of the module."""
    open_recorder.exchanges.clear()
    yield open_recorder
    if request.node.stash.get(has_passed, False):
        program: Program = request.module.PROGRAM
        program.operations |= open_recorder.answered()
        seen[program.name] = program


@pytest.fixture(scope="session")
def account(headrace: Headrace) -> Account:
    """The account that moto's server is in, too: roles that are made there are roles of this account."""
    return headrace.create_account(number=NUMBER)


@pytest.fixture
def api(headrace: Headrace, account: Account):
    """A client that is not recorded. What a test leaves is deleted, for the next program has the same account."""
    client = headrace.client(account)
    yield client
    for page in client.get_paginator("list_pipelines").paginate():
        for pipeline in page["pipelines"]:
            client.delete_pipeline(name=pipeline["name"])
    forget_types(client)


@pytest.fixture
def surroundings(recorder: Recorder, account: Account, tmp_path: Path) -> Mapping[str, str]:
    """The environment of a program: the endpoint and the credentials, and nothing of this machine's."""
    return {
        "AWS_ACCESS_KEY_ID": account["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": account["secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": recorder.url,
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
    }
