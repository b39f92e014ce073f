"""The rate of calls of an account: how each is counted, and who is not."""

import pytest

from apps.awsapi.asgi import WireApi
from apps.awsapi.permissions import MINIMAL_ROLES
from apps.awsapi.registry import Operation
from apps.awsapi.shapes import OPERATIONS
from apps.awsapi.throttling import kind_of
from apps.core.rates import Buckets
from apps.tenancy import throttle
from apps.tenancy.models import Account
from apps.tenancy.roles import Role
from apps.tenancy.throttle import Kind, seconds_to_wait
from tests.awsapi.driver import cbor_call, credentials, json_call, send
from tests.awsapi.signing import NOW

POLLS = {"PollForJobs", "PollForThirdPartyJobs", "GetJobDetails", "GetThirdPartyJobDetails"}
READ = POLLS | {name for name, role in MINIMAL_ROLES.items() if role is Role.VIEWER}


@pytest.fixture(autouse=True)
def empty_buckets(monkeypatch):
    monkeypatch.setattr(throttle, "_buckets", Buckets())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_counts_as_what_it_does(operation):
    assert kind_of(operation) is (Kind.READ if operation in READ else Kind.CHANGE)


def test_a_call_of_nothing_counts_as_a_change():
    assert kind_of("") is Kind.CHANGE


def passed(account: Account, kind: Kind) -> int:
    return sum(seconds_to_wait(account, kind, now=1.0) == 0 for _ in range(1000))


def test_reads_and_changes_have_rates_of_their_own(settings):
    settings.API_READS_PER_SECOND, settings.API_CHANGES_PER_SECOND = 200, 50
    account = Account(pk=1)
    assert [passed(account, Kind.READ), passed(account, Kind.CHANGE)] == [400, 100]


def test_an_account_may_have_rates_of_its_own(settings):
    settings.API_READS_PER_SECOND = settings.API_CHANGES_PER_SECOND = 5
    account = Account(pk=1, reads_per_second=10, changes_per_second=0)
    assert [passed(account, Kind.READ), passed(account, Kind.CHANGE)] == [20, 1000]
    assert passed(Account(pk=2), Kind.READ) == 10


def test_each_web_process_lets_its_part_through(settings):
    settings.API_READS_PER_SECOND, settings.WEB_PROCESSES = 200, 4
    assert passed(Account(pk=1), Kind.READ) == 100


def served(**rates: int) -> WireApi:
    """Return a wire API whose one account has these rates."""
    found = credentials(Role.ADMIN)
    for name, value in rates.items():
        setattr(found.account, name, value)
    operations = {"ListPipelines": Operation("ListPipelines", lambda caller, request: {"pipelines": []})}
    return WireApi(operations=operations, find_credentials=lambda key_id, token: found, clock=lambda: NOW)


@pytest.mark.parametrize("call", [json_call, cbor_call])
async def test_who_calls_too_often_is_told_when_to_come_again(call):
    application = served(reads_per_second=1)
    replies = [await send(application, call("ListPipelines", {})) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 400]
    assert replies[2].body == {"__type": "ThrottlingException", "message": "Rate exceeded"}
    assert 1 <= int(replies[2].headers["x-amz-retry-after"]) <= 1000
    assert "x-amz-retry-after" not in replies[0].headers


async def test_a_call_that_nobody_signed_well_is_not_counted_to_the_account():
    application = served(reads_per_second=1)
    forged = json_call("ListPipelines", {}, secret="another secret")
    for _ in range(20):
        assert (await send(application, forged)).error == "InvalidSignatureException"
    assert (await send(application, json_call("ListPipelines", {}))).status == 200


async def test_what_is_no_operation_is_counted():
    application = served(changes_per_second=1)
    replies = [await send(application, json_call("NoSuchThing", {})) for _ in range(3)]
    assert [reply.error for reply in replies] == [*["UnknownOperationException"] * 2, "ThrottlingException"]
    assert (await send(application, json_call("ListPipelines", {}))).status == 200
