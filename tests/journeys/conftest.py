"""One running Headrace for each pytest worker, and accounts to use it with."""

from collections.abc import Iterator

import pytest

from tests.running import CBOR, JSON, Account, Headrace


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Show beside a failure what the processes had to say."""
    report = yield
    headrace = getattr(item, "funcargs", {}).get("headrace")
    if report.failed and isinstance(headrace, Headrace):
        report.sections.append(("Headrace", headrace.logs()))
    return report


@pytest.fixture(scope="session")
def headrace() -> Iterator[Headrace]:
    with Headrace() as running:
        yield running


@pytest.fixture(scope="session")
def account(headrace: Headrace) -> Account:
    return headrace.create_account()


@pytest.fixture(scope="session")
def stranger(headrace: Headrace) -> Account:
    return headrace.create_account("Stranger")


@pytest.fixture
def json_api(headrace: Headrace, account: Account):
    """A boto3 client of the account, as it comes."""
    client = headrace.client(account)
    yield client
    forget_types(client)


@pytest.fixture(params=[JSON, CBOR])
def api(request: pytest.FixtureRequest, headrace: Headrace, account: Account):
    """A boto3 client of the account, once over each wire protocol."""
    client = headrace.client(account, request.param)
    yield client
    forget_types(client)


def forget_types(client) -> None:
    """Delete the custom action types, of which an account may have fifty."""
    for page in client.get_paginator("list_action_types").paginate(actionOwnerFilter="Custom"):
        for each in page["actionTypes"]:
            client.delete_custom_action_type(**{key: each["id"][key] for key in ("category", "provider", "version")})
