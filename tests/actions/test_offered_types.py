"""Action types that one account offers to others: declared by an operator, changed by their publisher."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.actions.catalogue import AccountCatalogue
from apps.actions.errors import ActionTypeInvalid, ActionTypeNotFound, ExecutorUnavailable
from apps.actions.models import ThirdPartyActionType
from apps.actions.selectors import find_offered, list_action_types
from apps.actions.services import declare_third_party_action_type, update_action_type
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId
from tests.factories import NOW, make_account

pytestmark = pytest.mark.django_db
TYPE = ActionTypeId("Test", "ThirdParty", "Probe", "1")
WORKER = {"type": "JobWorker", "configuration": {"jobWorkerExecutorConfiguration": {}}, "jobTimeout": 90}
LAMBDA_ARN = "arn:aws:lambda:us-east-1:111122223333:function:probe"
LAMBDA = {"type": "Lambda", "configuration": {"lambdaExecutorConfiguration": {"lambdaFunctionArn": LAMBDA_ARN}}}


def a_property(name: str, **marks: bool) -> dict[str, Any]:
    return {"name": name, "optional": True, "key": False, "noEcho": False, **marks}


def declaration(*allowed: str, **members: Any) -> dict[str, Any]:
    return {
        "id": {"category": TYPE.category, "owner": TYPE.owner, "provider": TYPE.provider, "version": TYPE.version},
        "executor": WORKER,
        "inputArtifactDetails": {"minimumCount": 1, "maximumCount": 10},
        "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 0},
        "properties": [a_property("Suite", optional=False, key=True), a_property("Token", noEcho=True)],
        **({"permissions": {"allowedAccounts": list(allowed)}} if allowed else {}),
        **members,
    }


def declare(publisher: Account, *allowed: str, **members: Any) -> ThirdPartyActionType:
    return declare_third_party_action_type(publisher, declaration(*allowed, **members), now=NOW)


def is_usable_by(account: Account) -> bool:
    listed = [spec.id for spec in list_action_types(account, owner="ThirdParty", token=None).rows]
    assert (TYPE in listed) == (AccountCatalogue(account)(TYPE) is not None)
    return TYPE in listed


def test_an_allowed_account_may_use_it_and_no_other():
    publisher, customer, stranger = make_account(), make_account(), make_account()
    declare(publisher, customer.number)
    assert [is_usable_by(each) for each in (customer, stranger, publisher)] == [True, False, False]


def test_a_star_allows_every_account():
    publisher = make_account()
    declare(publisher, "*")
    assert [is_usable_by(each) for each in (publisher, make_account())] == [True, True]


def test_the_catalogue_knows_what_was_declared():
    customer = make_account()
    declare(make_account(), customer.number, urls={"executionUrlTemplate": "https://p.example/{ExternalExecutionId}"})
    spec = AccountCatalogue(customer)(TYPE)
    assert spec is not None
    assert [(item.name, item.required, item.secret, item.key) for item in spec.properties] == [
        ("Suite", True, False, True),
        ("Token", False, True, False),
    ]
    assert (spec.input_artifacts, spec.output_artifacts, spec.timeout_seconds) == ((1, 10), (0, 0), 90)
    assert (spec.performed_by, spec.execution_url) == ("outside", "https://p.example/{ExternalExecutionId}")


def test_an_update_replaces_the_declaration_and_who_may_use_it():
    publisher, before, after = make_account(), make_account(), make_account()
    declare(publisher, before.number)
    later = NOW + timedelta(hours=1)
    row = update_action_type(publisher, declaration(after.number, description="Probes."), now=later)
    assert (row.definition["description"], row.updated_at, row.created_at) == ("Probes.", later, NOW)
    assert [is_usable_by(each) for each in (before, after)] == [False, True]


def test_an_update_may_make_a_property_optional_and_add_an_optional_one():
    publisher = make_account()
    declare(publisher)
    changed = [a_property("Suite"), a_property("Token", noEcho=True), a_property("Speed")]
    assert update_action_type(publisher, declaration(properties=changed), now=NOW).definition["properties"] == changed


@pytest.mark.parametrize("name", ["Token", "Fresh"])
def test_an_update_cannot_require_what_pipelines_may_lack(name):
    publisher = make_account()
    declare(publisher)
    wanted = [a_property("Suite", optional=False), a_property(name, optional=False)]
    with pytest.raises(ActionTypeInvalid, match=f"'{name}' was not required"):
        update_action_type(publisher, declaration(properties=wanted), now=NOW)


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        ({"executor": LAMBDA}, ExecutorUnavailable, "no Lambda functions"),
        ({"executor": {**LAMBDA, "type": "JobWorker"}}, ActionTypeInvalid, "with jobWorkerExecutorConfiguration alone"),
        ({"outputArtifactDetails": {"minimumCount": 2, "maximumCount": 1}}, ActionTypeInvalid, "has to be greater"),
        (
            {"properties": [a_property("A", queryable=True)]},
            ActionTypeInvalid,
            "Queryable configuration properties must be required and non-secret",
        ),
        (
            {"properties": [a_property(name, optional=False, queryable=True) for name in "AB"]},
            ActionTypeInvalid,
            "Up to one queryable property",
        ),
        ({"properties": [a_property("A"), a_property("A")]}, ActionTypeInvalid, "declared more than once"),
        (
            {"urls": {"entityUrlTemplate": "https://p.example/{Config:Token}"}},
            ActionTypeInvalid,
            "entityUrlTemplate names {Config:Token}",
        ),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_both_times(wanted, error, text):
    publisher = make_account()
    with pytest.raises(error, match=text):
        declare(publisher, **wanted)
    declare(publisher)
    with pytest.raises(error, match=text):
        update_action_type(publisher, declaration(**wanted), now=NOW)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"owner": "AWS"}, "The owner of an offered action type is ThirdParty"),
        ({"category": "Approval"}, "category Approval"),
        ({"category": "Source"}, "takes no input artifacts"),
        ({"category": "Source", "provider": "Git"}, "takes no input artifacts|exists already"),
    ],
)
def test_an_identity_that_cannot_be_offered_is_refused(changed, text):
    with pytest.raises(ActionTypeInvalid, match=text):
        declare(make_account(), id={**declaration()["id"], **changed})


def test_a_taken_identity_is_refused_whoever_has_it():
    declare(make_account())
    with pytest.raises(ActionTypeInvalid, match="exists already"):
        declare(make_account())
    git = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}
    with pytest.raises(ActionTypeInvalid, match="Source/ThirdParty/Git/1 exists already"):
        declare(make_account(), id=git, inputArtifactDetails={"minimumCount": 0, "maximumCount": 0})


def test_of_another_account_it_is_not_found():
    publisher, customer = make_account(), make_account()
    declare(publisher, customer.number)
    assert isinstance(find_offered(publisher, TYPE), ThirdPartyActionType)
    assert isinstance(find_offered(customer, TYPE), ThirdPartyActionType)
    with pytest.raises(ActionTypeNotFound):
        find_offered(make_account(), TYPE)
    for caller in (customer, make_account()):
        with pytest.raises(ActionTypeNotFound):
            update_action_type(caller, declaration(), now=NOW)


def test_a_built_in_type_is_found_by_everybody_and_changed_by_nobody():
    manual = ActionTypeId("Approval", "AWS", "Manual", "1")
    assert find_offered(make_account(), manual).id == manual
    named = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
    with pytest.raises(ActionTypeNotFound):
        update_action_type(make_account(), declaration(id=named), now=NOW)


def test_the_command_declares_what_a_file_says(tmp_path):
    publisher, file = make_account(), tmp_path / "type.json"
    file.write_text(json.dumps(declaration("*")))
    said = StringIO()
    call_command("declare_action_type", str(file), publisher=publisher.number, stdout=said)
    assert said.getvalue() == "Test/ThirdParty/Probe/1 is declared.\n"
    assert is_usable_by(make_account())


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("{", True, "cannot be read"),
        ("{}", True, "executor"),
        (json.dumps(declaration(executor=LAMBDA)), True, "no Lambda functions"),
        (json.dumps(declaration()), False, "There is no account with the id"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, text, known, said):
    file = tmp_path / "type.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("declare_action_type", str(file), publisher=make_account().number if known else "000000000000")
    assert not ThirdPartyActionType.objects.exists()
