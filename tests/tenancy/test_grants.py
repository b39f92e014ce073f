"""What an access key is given: one of a role, a policy document, and action types."""

import json
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.tenancy.credentials import find_credentials, forget_credentials
from apps.tenancy.errors import GrantInvalid, PolicyInvalid
from apps.tenancy.grants import NOTHING, read_grant
from apps.tenancy.models import AccessKey
from apps.tenancy.policy import Decision
from apps.tenancy.roles import Role
from apps.tenancy.services import create_access_key
from tests.factories import make_account

pytestmark = pytest.mark.django_db
POLICY = {"Statement": {"Effect": "Allow", "Action": "codepipeline:Get*", "Resource": "*"}}
TYPES = ["Build/Custom/Jenkins/1"]


@pytest.fixture(autouse=True)
def nothing_cached():
    forget_credentials()


def make_key(account=None, **given) -> AccessKey:
    return create_access_key(account=account or make_account(), principal="robot", **given)[0]


def grant_of(key: AccessKey):
    return find_credentials(key.key_id, None).grant


def test_a_key_carries_a_role():
    assert grant_of(make_key(role=Role.RELEASER)).role is Role.RELEASER


def test_a_key_carries_a_policy_document():
    grant = grant_of(make_key(policy=POLICY))
    assert grant.role is None
    assert grant.policy.decide("codepipeline:GetPipeline", ("*",)) is Decision.ALLOWED


def test_the_key_of_a_job_worker_carries_its_action_types():
    assert grant_of(make_key(action_types=TYPES)).action_types == frozenset(TYPES)


def test_deciding_makes_no_query_while_the_key_is_cached(django_assert_num_queries):
    key = make_key(policy=POLICY)
    find_credentials(key.key_id, None)
    with django_assert_num_queries(0):
        grant_of(key).policy.decide("codepipeline:GetPipeline", ("*",))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"role": "viewer", "policy": POLICY},
        {"role": "viewer", "action_types": TYPES},
        {"policy": POLICY, "action_types": TYPES},
        {"role": "owner"},
        {"action_types": ["Build/AWS/Commands/1"]},
        {"action_types": ["Jenkins"]},
        {"action_types": [5]},
        {"action_types": "Build/Custom/Jenkins/1"},
        {"action_types": [f"Build/Custom/J{number}/1" for number in range(51)]},
    ],
)
def test_none_two_and_nonsense_are_refused(given):
    with pytest.raises(GrantInvalid):
        make_key(**given)
    assert not AccessKey.objects.exists()


def test_a_policy_with_a_condition_is_refused_when_it_is_saved():
    statement = {**POLICY["Statement"], "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    with pytest.raises(PolicyInvalid, match="Conditions are not supported"):
        make_key(policy={"Statement": statement})
    key = make_key(policy=POLICY)
    key.policy = {"Statement": statement}
    with pytest.raises(ValidationError, match="Conditions are not supported"):
        key.full_clean()


@pytest.mark.parametrize("principal", ["", "a" * 65, "a/b", "a:b", "a b"])
def test_a_principal_that_would_spoil_the_arn_is_refused(principal):
    with pytest.raises(GrantInvalid):
        create_access_key(account=make_account(), principal=principal, role=Role.VIEWER)


@pytest.mark.parametrize("stored", [{"role": "viewer", "policy": POLICY}, {"role": "king"}, {"policy": {"Bad": 1}}])
def test_what_was_spoilt_in_the_database_grants_nothing(stored):
    key = make_key(policy=POLICY)
    AccessKey.objects.filter(pk=key.pk).update(**stored)
    assert grant_of(key) == NOTHING


def created(account, *arguments: str) -> AccessKey:
    out = StringIO()
    call_command("create_access_key", account.number, "--json", *arguments, stdout=out)
    printed = json.loads(out.getvalue())
    assert find_credentials(printed["access_key_id"], None).secret == printed["secret_access_key"]
    assert printed["account_id"] == account.number
    return AccessKey.objects.for_account(account).get(key_id=printed["access_key_id"])


def test_the_command_makes_each_kind_of_key(tmp_path):
    account, file = make_account(), tmp_path / "policy.json"
    file.write_text(json.dumps(POLICY))
    assert created(account, "--role", "viewer", "--principal", "ada").principal == "ada"
    assert created(account, "--policy", str(file)).policy == POLICY
    assert created(account, "--worker", *TYPES, "Test/Custom/Bench/2").action_types == [*TYPES, "Test/Custom/Bench/2"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["000000000000", "--role", "viewer"], "no account"),
        (["NUMBER", "--worker", "Jenkins"], "polled"),
        (["NUMBER", "--policy", "NO SUCH FILE"], "cannot be read"),
        (["NUMBER", "--policy", "BAD"], "not valid JSON"),
        (["NUMBER"], "required"),
        (["NUMBER", "--role", "viewer", "--worker", *TYPES], "not allowed"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, why, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    stands_for = {"NUMBER": make_account().number, "BAD": str(bad)}
    with pytest.raises(CommandError, match=why):
        call_command("create_access_key", *(stands_for.get(each, each) for each in arguments))


def test_read_grant_takes_each_kind():
    assert read_grant(role="admin", policy=None, action_types=()).role is Role.ADMIN
