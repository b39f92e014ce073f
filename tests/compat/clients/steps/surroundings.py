"""What lies around pipelines: revisions, tags, types of actions and rules, webhooks, targets of deployments."""

from datetime import UTC, datetime

from tests.compat.clients.walk import Walk
from tests.journeys.workshop import action, bounds, definition, noop, stage, take, unique
from tests.running import until


def tags(walk: Walk) -> None:
    added = [{"key": "Kai", "value": "Süd 3"}, {"key": "Empty", "value": ""}]
    assert walk.client.call("TagResource", resourceArn=walk.arn, tags=added) == {}
    found = walk.client.items("ListTagsForResource", "tags", resourceArn=walk.arn, size=2)
    assert found == [{"key": "Empty", "value": ""}, added[0], {"key": "Walk", "value": "yes"}]
    assert walk.client.call("UntagResource", resourceArn=walk.arn, tagKeys=["Kai", "Absent"]) == {}
    kept = walk.client.call("ListTagsForResource", resourceArn=walk.arn)["tags"]
    assert [each["key"] for each in kept] == ["Empty", "Walk"]
    walk.refuses("ResourceNotFoundException", "ListTagsForResource", resourceArn=f"{walk.arn}-absent")


def catalogue(walk: Walk) -> None:
    own = walk.client.items("ListActionTypes", "actionTypes", actionOwnerFilter="Custom")
    assert [each["id"] for each in own] == [walk.type]
    everything = walk.client.items("ListActionTypes", "actionTypes")
    assert everything == [*walk.api.get_paginator("list_action_types").paginate().search("actionTypes")]
    rules = walk.client.call("ListRuleTypes", ruleOwnerFilter="AWS")["ruleTypes"]
    assert {"VariableCheck", "DeploymentWindow"} <= {each["id"]["provider"] for each in rules}
    manual = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
    found = walk.client.call("GetActionType", **manual)["actionType"]
    assert (found["id"], found["executor"]["type"]) == (manual, "JobWorker")
    unknown = {**manual, "provider": "Nobody"}
    walk.refuses("ActionTypeNotFoundException", "GetActionType", **unknown)


def revision(walk: Walk) -> None:
    """A moment goes out as the client's language has it, and comes back; old clients send whole seconds."""
    named = {"category": "Source", "provider": unique("Repo"), "version": "1"}
    artifacts = {"inputArtifactDetails": bounds(0, 0), "outputArtifactDetails": bounds(0, 1)}
    walk.api.create_custom_action_type(**named, **artifacts)
    repository = {**named, "owner": "Custom"}
    stages = [
        stage("Source", action("Fetch", repository, outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", noop("Build"))),
    ]
    name = unique("announced")
    walk.api.create_pipeline(pipeline=definition(walk.account, name, stages))
    fetch(walk, repository)
    given = {"revisionId": "r1", "revisionChangeId": "c1", "created": datetime(2030, 1, 31, 9, tzinfo=UTC)}
    place = {"pipelineName": name, "stageName": "Source", "actionName": "Fetch"}
    told = walk.client.call("PutActionRevision", **place, actionRevision=given)
    assert told["newRevision"] is True
    assert walk.client.call("PutActionRevision", **place, actionRevision=given) == {**told, "newRevision": False}
    fetch(walk, repository)
    state = walk.client.call("GetPipelineState", name=name)["stageStates"][0]["actionStates"][0]
    assert state["currentRevision"] == given
    walk.refuses("StageNotFoundException", "PutActionRevision", **{**place, "stageName": "None"}, actionRevision=given)
    walk.api.delete_pipeline(name=name)
    walk.api.delete_custom_action_type(**named)


def fetch(walk: Walk, repository: dict[str, str]) -> None:
    """Do the next job of a source; whose worker does it is not what is tried here."""
    walk.api.put_job_success_result(jobId=take(walk.api, repository)["id"])


def webhooks(walk: Walk) -> None:
    """The pipeline's source is on GitHub; registering is asked for and then done in the background."""
    github = {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"}
    where = {"Owner": "harbor", "Repo": "board", "Branch": "main", "OAuthToken": "planted"}
    fetch = action("Fetch", github, configuration=where, outputArtifacts=[{"name": "Code"}])
    stages = [stage("Source", fetch), stage("Build", action("Make", noop("Build")))]
    pipeline, hook = unique("hooked"), unique("hook")
    walk.api.create_pipeline(pipeline=definition(walk.account, pipeline, stages))
    wanted = {
        "name": hook,
        "targetPipeline": pipeline,
        "targetAction": "Fetch",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "a-long-secret"},
    }
    made = walk.client.call("PutWebhook", webhook=wanted)["webhook"]
    assert made["definition"]["filters"] == wanted["filters"]
    listed = walk.client.items("ListWebhooks", "webhooks", size=1)
    assert [(each["url"], each["arn"]) for each in listed] == [(made["url"], made["arn"])]
    assert walk.client.call("RegisterWebhookWithThirdParty", webhookName=hook) == {}
    assert walk.client.call("DeregisterWebhookWithThirdParty", webhookName=hook) == {}
    assert walk.client.call("DeleteWebhook", name=hook) == {}
    assert walk.client.call("ListWebhooks")["webhooks"] == []
    walk.refuses("WebhookNotFoundException", "RegisterWebhookWithThirdParty", webhookName=hook)
    walk.api.delete_pipeline(name=pipeline)


def targets(walk: Walk) -> None:
    source = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
    ship = action("Ship", noop("Deploy"), inputArtifacts=[{"name": "Code"}])
    name = unique("deploying")
    stages = [stage("Source", source), stage("Ship", ship)]
    walk.api.create_pipeline(pipeline=definition(walk.account, name, stages))

    def shipped() -> list[str]:
        found = walk.api.list_action_executions(pipelineName=name)["actionExecutionDetails"]
        return [each["actionExecutionId"] for each in found if each["actionName"] == "Ship"]

    (attempt,) = until(shipped, what="the deployment")
    assert walk.client.call("ListDeployActionExecutionTargets", actionExecutionId=attempt)["targets"] == []
    unknown = "00000000-0000-4000-8000-000000000000"
    walk.refuses("ActionExecutionNotFoundException", "ListDeployActionExecutionTargets", actionExecutionId=unknown)
    walk.api.delete_pipeline(name=name)
