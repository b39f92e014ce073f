"""What a definition listens to. Source: reference sections 6.2 and 6.4."""

import pytest

from apps.triggers.engine.git_filters import Listening
from apps.triggers.engine.listening import listeners_of

ARN = "arn:aws:codeconnections:us-east-1:111122223333:connection/11111111-2222-4333-8444-555555555555"


def source(name: str = "Fetch", provider: str = "CodeStarSourceConnection", **configuration: str) -> dict:
    type_id = {"category": "Source", "owner": "AWS", "provider": provider, "version": "1"}
    given = {"ConnectionArn": ARN, "FullRepositoryId": "harbor/board", "BranchName": "main"} | configuration
    return {"name": name, "actionTypeId": type_id, "configuration": given}


def found(*actions: dict, triggers: list | None = None) -> dict[str, Listening]:
    declaration = {"stages": [{"name": "Source", "actions": list(actions)}]}
    if triggers is not None:
        declaration["triggers"] = triggers
    return {each.action: each.listening for each in listeners_of(declaration)}


@pytest.mark.parametrize(
    ("given", "detects"),
    [
        ({}, True),
        ({"DetectChanges": "true"}, True),
        ({"DetectChanges": "false"}, False),
        ({"DetectChanges": "FALSE"}, False),
    ],
)
def test_changes_are_detected_unless_it_says_otherwise(given, detects):
    assert found(source(**given)) == {"Fetch": Listening("main", detects)}


def test_a_trigger_anywhere_turns_that_off_everywhere():
    git = {"sourceActionName": "Fetch", "push": [{"tags": {"includes": ["v*"]}}]}
    trigger = {"providerType": "CodeStarSourceConnection", "gitConfiguration": git}
    listening = found(source(), source("Other"), triggers=[trigger])
    assert listening == {"Fetch": Listening("main", False, git), "Other": Listening("main", False)}


def test_other_sources_do_not_listen():
    assert found(source(provider="CodeCommit")) == {}
