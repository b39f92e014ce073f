"""GetActionType and UpdateActionType: action types that one account offers to others."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import action, bounds, declare, refused, simple, unique


@pytest.fixture
def offered(headrace, account, stranger, tmp_path):
    """An action type that `stranger` publishes and `account` may use; returns its declaration."""
    declaration = {
        "id": {"category": "Test", "owner": "ThirdParty", "provider": unique("Probe"), "version": "1"},
        "description": "Probes what was built.",
        "executor": {
            "type": "JobWorker",
            "configuration": {"jobWorkerExecutorConfiguration": {"pollingAccounts": [stranger["account_id"]]}},
            "jobTimeout": 600,
        },
        "inputArtifactDetails": bounds(0, 1),
        "outputArtifactDetails": bounds(0, 0),
        "permissions": {"allowedAccounts": [account["account_id"]]},
        "properties": [
            {"name": "Suite", "optional": False, "key": True, "noEcho": False},
            {"name": "Token", "optional": True, "key": False, "noEcho": True},
        ],
        "urls": {"entityUrlTemplate": "https://probe.example/{Config:Suite}"},
    }
    file = tmp_path / "type.json"
    file.write_text(json.dumps(declaration))
    headrace.manage("declare_action_type", str(file), "--publisher", stranger["account_id"])
    return declaration


def test_who_may_use_an_offered_type_sees_and_uses_it(headrace, api, account, stranger, offered):
    got = api.get_action_type(**offered["id"])["actionType"]
    assert "permissions" not in got
    assert {key: got[key] for key in offered if key != "permissions"} == {
        key: value for key, value in offered.items() if key != "permissions"
    }
    listed = api.list_action_types(actionOwnerFilter="ThirdParty")["actionTypes"]
    (found,) = [each for each in listed if each["id"] == offered["id"]]
    assert found["settings"] == {"entityUrlTemplate": "https://probe.example/{Config:Suite}"}
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [
        action("Probe", offered["id"], configuration={"Suite": "smoke", "Token": "planted"})
    ]
    created = api.create_pipeline(pipeline=wanted)["pipeline"]
    assert created["stages"][1]["actions"][0]["configuration"] == {"Suite": "smoke", "Token": "****"}


def test_only_its_publisher_changes_an_offered_type(headrace, api, account, stranger, offered):
    publisher = headrace.client(stranger)
    assert publisher.get_action_type(**offered["id"])["actionType"] == offered
    with refused("ActionTypeNotFoundException"):
        api.update_action_type(actionType=offered)
    other = headrace.create_account("Elsewhere")
    changed = {**offered, "description": "Better.", "permissions": {"allowedAccounts": [other["account_id"]]}}
    publisher.update_action_type(actionType=changed)
    assert publisher.get_action_type(**offered["id"])["actionType"] == changed
    with refused("ActionTypeNotFoundException"):
        api.get_action_type(**offered["id"])
    assert headrace.client(other).get_action_type(**offered["id"])["actionType"]["description"] == "Better."
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [action("Probe", offered["id"], configuration={"Suite": "smoke"})]
    with pytest.raises(ClientError, match="is not available in region"):
        api.create_pipeline(pipeline=wanted)


LAMBDA = "arn:aws:lambda:us-east-1:111122223333:function:probe"


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("properties", [{"name": "New", "optional": False, "key": False, "noEcho": False}], "ValidationException"),
        ("inputArtifactDetails", bounds(2, 1), "ValidationException"),
        ("permissions", {"allowedAccounts": ["nobody"]}, "ValidationException"),
        (
            "executor",
            {"type": "Lambda", "configuration": {"lambdaExecutorConfiguration": {"lambdaFunctionArn": LAMBDA}}},
            "RequestFailedException",
        ),
    ],
)
def test_an_update_that_cannot_be_is_refused_and_changes_nothing(headrace, stranger, offered, member, value, code):
    publisher = headrace.client(stranger)
    with refused(code):
        publisher.update_action_type(actionType={**offered, member: value})
    assert publisher.get_action_type(**offered["id"])["actionType"] == offered


def test_an_unknown_type_is_not_found(api, offered):
    unknown = {**offered["id"], "version": "2"}
    with refused("ActionTypeNotFoundException"):
        api.get_action_type(**unknown)
    with refused("ActionTypeNotFoundException"):
        api.update_action_type(actionType={**offered, "id": unknown})
    with refused("ValidationException"):
        api.get_action_type(**declare(api))


def test_a_built_in_type_is_run_by_ours(api):
    found = api.get_action_type(category="Approval", owner="AWS", provider="Manual", version="1")["actionType"]
    assert found["executor"]["type"] == "JobWorker"
    assert found["permissions"] == {"allowedAccounts": ["*"]}
    assert {each["name"] for each in found["properties"]} >= {"NotificationArn", "CustomData", "ExternalEntityLink"}
