"""One running Headrace for each pytest worker, and accounts to use it with."""

from collections.abc import Iterator

import pytest

from tests.running import CBOR, JSON, Account, Headrace


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


@pytest.fixture(params=[JSON, CBOR])
def api(request: pytest.FixtureRequest, headrace: Headrace, account: Account):
    """A boto3 client of the account, once over each wire protocol."""
    return headrace.client(account, request.param)


@pytest.fixture
def json_api(headrace: Headrace, account: Account):
    return headrace.client(account)
