"""An action type that an account offers, and the publisher's job worker; here the publisher is its own customer."""

import json

from tests.compat.clients.walk import Walk
from tests.journeys.workshop import Details, action, bounds, definition, noop, stage, unique
from tests.running import until


def offered(walk: Walk) -> Details:
    """Declare an action type as an operator does, and return its declaration."""
    number = walk.account["account_id"]
    declaration = {
        "id": {"category": "Deploy", "owner": "ThirdParty", "provider": unique("Ship"), "version": "1"},
        "description": "Ships.",
        "executor": {"type": "JobWorker", "configuration": {"jobWorkerExecutorConfiguration": {}}},
        "inputArtifactDetails": bounds(0, 1),
        "outputArtifactDetails": bounds(0, 1),
        "permissions": {"allowedAccounts": [number]},
        "properties": [{"name": "Harbor", "optional": False, "key": True, "noEcho": False}],
    }
    file = walk.headrace.data / f"{walk.name}.json"
    file.write_text(json.dumps(declaration))
    walk.headrace.manage("declare_action_type", str(file), "--publisher", number)
    return declaration


def change_offered_type(walk: Walk) -> None:
    declaration = offered(walk)
    walk.offered = declaration["id"]
    found = walk.client.call("GetActionType", **walk.offered)["actionType"]
    assert found["description"] == "Ships."
    assert walk.client.call("UpdateActionType", actionType={**found, "description": "Sails."}) == {}
    assert walk.client.call("GetActionType", **walk.offered)["actionType"] == {**found, "description": "Sails."}


def third_party_jobs(walk: Walk) -> None:
    """Two jobs: the first goes on in the second, which fails."""
    named = "/".join(walk.offered[key] for key in ("category", "owner", "provider", "version"))
    token = json.loads(walk.headrace.manage("third_party_client", walk.account["account_id"], named))["clientToken"]
    ship = action("Ship", walk.offered, configuration={"Harbor": "Kiel"})
    stages = [stage("Source", action("Start", noop("Source"))), stage("Ship", ship)]
    name = unique("shipping")
    walk.api.create_pipeline(pipeline=definition(walk.account, name, stages))
    job = take(walk, token)
    wrong = {**job, "clientToken": "of somebody else"}
    walk.refuses("InvalidClientTokenException", "PutThirdPartyJobSuccessResult", **wrong)
    progress = {"summary": "Half way", "percentComplete": 50}
    more = {"continuationToken": "half", "executionDetails": progress}
    assert walk.client.call("PutThirdPartyJobSuccessResult", **job, **more) == {}
    failure = {"type": "ConfigurationError", "message": "No such harbor."}
    assert walk.client.call("PutThirdPartyJobFailureResult", **take(walk, token), failureDetails=failure) == {}
    state = walk.api.get_pipeline_state(name=name)["stageStates"][1]["actionStates"][0]["latestExecution"]
    assert state["errorDetails"] == {"code": "ConfigurationError", "message": "No such harbor."}
    walk.api.delete_pipeline(name=name)


def take(walk: Walk, token: str) -> dict[str, str]:
    """Poll until there is a job, then take it as AWS's sample worker does: details with the nonce come first."""
    asked = {"actionTypeId": walk.offered, "maxBatchSize": 1}
    (found,) = until(lambda: walk.client.call("PollForThirdPartyJobs", **asked)["jobs"], what="an offer")
    job = {"jobId": found["jobId"], "clientToken": token}
    details = walk.client.call("GetThirdPartyJobDetails", **job)["jobDetails"]
    assert details["data"]["actionConfiguration"]["configuration"] == {"Harbor": "Kiel"}
    taken = walk.client.call("AcknowledgeThirdPartyJob", **job, nonce=details["nonce"])
    assert taken == {"status": "InProgress"}
    return job
