"""Actions of AWS's types that no plugin here does: kept in definitions, failed when they start."""

import pytest

from tests.factories import attempt_at, first_execution, make_account, make_action, make_declaration, make_pipeline

pytestmark = pytest.mark.django_db


def test_an_action_that_nothing_here_does_fails_and_says_the_way_out():
    account = make_account()
    declared = make_declaration(account)
    ops = {"category": "Deploy", "owner": "AWS", "provider": "OpsWorks", "version": "1"}
    fetch = make_action(account, "Fetch", category="Source", outputArtifacts=[{"name": "Code"}])
    source = {"category": "Source", "owner": "AWS", "provider": "ECR", "version": "1"}
    image = {"name": "Image", "actionTypeId": source, "configuration": {"RepositoryName": "web"}}
    image["outputArtifacts"] = [{"name": "Image"}]
    ship = {"name": "Ship", "actionTypeId": ops, "configuration": {"Stack": "s", "App": "a"}}
    ship["inputArtifacts"] = [{"name": "Code"}]
    declared["stages"] = [{"name": "Source", "actions": [fetch, image]}, {"name": "Deploy", "actions": [ship]}]
    execution = first_execution(make_pipeline(account=account, declaration=declared))
    attempt = attempt_at(execution, "Image")
    assert (attempt.state, attempt.error_code) == ("Failed", "ConfigurationError")
    assert attempt.error_message == (
        "No plugin here does actions of the type Source/AWS/ECR/1, which action 'Image' has. Ask an operator to "
        "install one, or declare a custom action type and poll for its jobs."
    )
