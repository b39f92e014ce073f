"""AWS's own action types, which come as data. Source: reference sections 11 and 12."""

from collections import Counter

import pytest

from apps.actions.builtin import FOLDER, read_builtin
from apps.actions.catalogue import builtin_specs, registry
from apps.actions.selectors import list_action_types
from apps.actions.types import NOBODY, ActionTypeSpec
from apps.core.pages import InvalidNextToken
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId
from tests.factories import make_account, make_action_type

SPECS = tuple(read_builtin())
DATA = {str(spec.id): spec for spec in SPECS}
EXPECTED = """
    Approval/AWS/Manual/1 Build/AWS/CodeBuild/1 Build/AWS/Commands/1 Build/AWS/ECRBuildAndPublish/1
    Compute/AWS/Commands/1 Deploy/AWS/AppConfig/1 Deploy/AWS/CloudFormation/1 Deploy/AWS/CloudFormationStackInstances/1
    Deploy/AWS/CloudFormationStackSet/1 Deploy/AWS/CodeDeploy/1 Deploy/AWS/CodeDeployToECS/1 Deploy/AWS/EC2/1
    Deploy/AWS/ECS/1 Deploy/AWS/EKS/1 Deploy/AWS/ElasticBeanstalk/1 Deploy/AWS/Lambda/1 Deploy/AWS/OpsWorks/1
    Deploy/AWS/S3/1 Deploy/AWS/ServiceCatalog/1 Deploy/ThirdParty/AlexaSkillsKit/1 Invoke/AWS/CodePipeline/1
    Invoke/AWS/InspectorScan/1 Invoke/AWS/Lambda/1 Invoke/AWS/StepFunctions/1 Invoke/ThirdParty/Snyk/1
    Source/AWS/CodeCommit/1 Source/AWS/CodeStarSourceConnection/1 Source/AWS/ECR/1 Source/AWS/S3/1
    Source/ThirdParty/GitHub/1 Test/AWS/CodeBuild/1 Test/AWS/DeviceFarm/1 Test/ThirdParty/GhostInspector/1
    Test/ThirdParty/Nouvola/1 Test/ThirdParty/Runscope/1 Test/ThirdParty/StormRunnerLoad/1
"""
V2_ONLY = """
    Build/AWS/Commands/1 Build/AWS/ECRBuildAndPublish/1 Compute/AWS/Commands/1 Deploy/AWS/EC2/1 Deploy/AWS/EKS/1
    Deploy/AWS/Lambda/1 Invoke/AWS/CodePipeline/1
"""
HOUR = 3600
TIMEOUTS = {
    "Approval/AWS/Manual/1": 7 * 24 * HOUR,
    "Deploy/AWS/CloudFormation/1": 3 * 24 * HOUR,
    "Build/AWS/CodeBuild/1": 36 * HOUR,
    "Test/AWS/CodeBuild/1": 8 * HOUR,
    "Deploy/AWS/CodeDeploy/1": 5 * 24 * HOUR,
    "Deploy/AWS/CodeDeployToECS/1": 5 * 24 * HOUR,
    "Invoke/AWS/Lambda/1": 24 * HOUR,
    "Deploy/AWS/S3/1": 90 * 60,
    "Invoke/AWS/StepFunctions/1": 7 * 24 * HOUR,
    "Compute/AWS/Commands/1": 55 * 60,
    "Build/AWS/Commands/1": 55 * 60,
}
SECRETS = {
    "Source/ThirdParty/GitHub/1": {"OAuthToken"},
    "Deploy/ThirdParty/AlexaSkillsKit/1": {"ClientSecret", "RefreshToken"},
}
OPEN = {"GhostInspector", "Nouvola", "Runscope", "Snyk", "StormRunnerLoad"}


def test_every_type_of_the_reference_is_there_once():
    assert sorted(Counter(str(spec.id) for spec in SPECS).items()) == [(name, 1) for name in EXPECTED.split()]


def test_a_file_holds_one_provider():
    for path in FOLDER.glob("*.toml"):
        lines = {line for line in path.read_text().splitlines() if line.startswith("provider = ")}
        assert len(lines) == 1, path.name


def test_what_needs_v2_the_timeouts_and_the_secrets_are_the_reference_s():
    assert sorted(name for name, spec in DATA.items() if spec.v2_only) == V2_ONLY.split()
    assert {name: spec.timeout_seconds for name, spec in DATA.items() if spec.timeout_seconds != HOUR} == TIMEOUTS
    named = {name: {item.name for item in spec.properties if item.secret} for name, spec in DATA.items()}
    assert {name: secrets for name, secrets in named.items() if secrets} == SECRETS


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.id))
def test_an_entry_does_not_contradict_itself(spec: ActionTypeSpec):
    names = [item.name for item in spec.properties]
    assert len(set(names)) == len(names)
    assert all(0 <= least <= most for least, most in (spec.input_artifacts, spec.output_artifacts))
    assert all(len(item.name) <= 50 and item.help for item in spec.properties)
    assert (spec.id.category == "Source") == (spec.output_artifacts == (1, 1) and spec.input_artifacts == (0, 0))
    assert spec.allows_any_configuration == (spec.id.provider in OPEN)
    assert spec.description.endswith(".")


PERFORMED = [spec for spec in registry().specs() if str(spec.id) in DATA]


def test_there_are_types_that_plugins_perform():
    assert {"Compute/AWS/Commands/1", "Approval/AWS/Manual/1"} <= {str(spec.id) for spec in PERFORMED}


@pytest.mark.parametrize("spec", PERFORMED, ids=lambda spec: str(spec.id))
def test_a_plugin_says_of_an_aws_type_what_its_file_says(spec: ActionTypeSpec):
    """It may add optional keys of its own; what AWS has it must take, and demand no more."""
    written = DATA[str(spec.id)]
    mine, theirs = ({item.name: item for item in each.properties} for each in (spec, written))
    assert theirs.keys() <= mine.keys()
    for name, item in mine.items():
        expected = theirs.get(name)
        assert (item.required, item.secret) == ((expected.required, expected.secret) if expected else (False, False))
        if expected:
            assert set(item.choices) == set(expected.choices)
    assert (spec.input_artifacts, spec.output_artifacts) == (written.input_artifacts, written.output_artifacts)
    assert (spec.v2_only, spec.timeout_seconds) == (written.v2_only, written.timeout_seconds)
    assert spec.declaration_members == written.declaration_members


def test_a_plugin_s_spec_stands_for_its_type_and_the_file_for_the_others():
    specs = builtin_specs()
    assert specs[ActionTypeId.parse("Compute/AWS/Commands/1")].performed_by == "worker"
    assert specs[ActionTypeId.parse("Deploy/AWS/OpsWorks/1")].performed_by == NOBODY


def pages(account: Account, size: int, owner: str | None = None) -> list[list[str]]:
    found, token = [], None
    while True:
        page = list_action_types(account, owner=owner, token=token, size=size)
        found.append([str(spec.id) for spec in page.rows])
        token = page.next_token
        if token is None:
            return found


@pytest.mark.django_db
def test_pages_follow_one_another_without_gap_or_repetition():
    account = make_account()
    for number in range(7):
        make_action_type(account, provider=f"P{number}")
    (whole,) = pages(account, 1000)
    assert whole == sorted(whole)
    parts = pages(account, 10)
    assert [len(part) for part in parts[:-1]] == [10] * (len(parts) - 1)
    assert [name for part in parts for name in part] == whole
    assert pages(account, 1000, "Custom") == [[f"Build/Custom/P{number}/1" for number in range(7)]]


@pytest.mark.django_db
def test_a_token_is_good_for_its_account_and_its_filter_only():
    account, stranger = make_account(), make_account()
    token = list_action_types(account, owner=None, token=None, size=2).next_token
    for asking, owner in ((stranger, None), (account, "AWS")):
        with pytest.raises(InvalidNextToken):
            list_action_types(asking, owner=owner, token=token, size=2)


@pytest.mark.django_db
def test_a_page_costs_two_queries_however_many_types_there_are(django_assert_num_queries):
    account = make_account()
    list_action_types(account, owner=None, token=None)
    for number in range(20):
        make_action_type(account, provider=f"P{number}")
    with django_assert_num_queries(2):
        list_action_types(account, owner=None, token=None)
