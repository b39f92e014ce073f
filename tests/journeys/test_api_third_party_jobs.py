"""Third-party action types: the publisher's job workers do the work of actions in its customers' pipelines."""

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import Workshop, action, bounds, definition, noop, refused, stage, unique
from tests.running import CBOR, JSON, until

FAILURE = {"type": "JobFailed", "message": "No."}


@pytest.fixture(params=[JSON, CBOR])
def publisher(request, headrace, stranger):
    """A client of the account that offers the type, once over each wire protocol."""
    return headrace.client(stranger, request.param)


@pytest.fixture
def offer(headrace, account, stranger, tmp_path):
    """Declare an action type that `stranger` publishes and `account` may use, and return its id."""

    def declare(**executor):
        type_id = {"category": "Deploy", "owner": "ThirdParty", "provider": unique("Ship"), "version": "1"}
        declaration = {
            "id": type_id,
            "executor": {"type": "JobWorker", "configuration": {"jobWorkerExecutorConfiguration": executor}},
            "inputArtifactDetails": bounds(0, 1),
            "outputArtifactDetails": bounds(0, 1),
            "permissions": {"allowedAccounts": [account["account_id"]]},
            "properties": [
                {"name": "Harbor", "optional": False, "key": True, "noEcho": False},
                {"name": "Token", "optional": True, "key": False, "noEcho": True},
            ],
        }
        file = tmp_path / "type.json"
        file.write_text(json.dumps(declaration))
        headrace.manage("declare_action_type", str(file), "--publisher", stranger["account_id"])
        return type_id

    return declare


def named(type_id) -> str:
    return "/".join(type_id[key] for key in ("category", "owner", "provider", "version"))


def client_of(headrace, account, type_id, *options: str):
    return json.loads(headrace.manage("third_party_client", account["account_id"], named(type_id), *options))


def shipping(headrace, account, type_id, **members) -> str:
    """Create a pipeline of the customer that has an action of the type, and return its name."""
    ship = action("Ship", type_id, configuration={"Harbor": "Kiel", "Token": "planted"}, **members)
    source = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
    wanted = definition(account, unique("shipping"), [stage("Source", source), stage("Ship", ship)])
    name: str = headrace.client(account).create_pipeline(pipeline=wanted)["pipeline"]["name"]
    return name


def polled(publisher, type_id):
    """Wait for an offer."""
    (offered,) = until(lambda: publisher.poll_for_third_party_jobs(actionTypeId=type_id)["jobs"], what="an offer")
    return offered


def taken(publisher, type_id, token: str) -> str:
    """Wait for an offer, take it as AWS's sample worker does, and return the job's id."""
    offered = polled(publisher, type_id)
    details = publisher.get_third_party_job_details(jobId=offered["jobId"], clientToken=token)["jobDetails"]
    held = {"jobId": details["id"], "nonce": details["nonce"], "clientToken": token}
    assert publisher.acknowledge_third_party_job(**held)["status"] == "InProgress"
    job_id: str = offered["jobId"]
    return job_id


def ship_state(headrace, account, name: str):
    state = headrace.client(account).get_pipeline_state(name=name)["stageStates"][1]
    return state["actionStates"][0].get("latestExecution", {})


def test_a_third_partys_worker_does_the_job(headrace, account, publisher, offer):
    """Shows CP-149, and the sequence of AWS's sample worker: details with the nonce before the acknowledgement."""
    type_id, token = offer(), "DEFAULT_CLIENT_TOKEN"
    client = client_of(headrace, account, type_id, "--token", token)
    assert client["clientToken"] == token
    assert publisher.poll_for_third_party_jobs(actionTypeId=type_id, maxBatchSize=10)["jobs"] == []
    name = shipping(headrace, account, type_id, inputArtifacts=[{"name": "Code"}])
    offered = polled(publisher, type_id)
    assert offered == {"clientId": client["clientId"], "jobId": offered["jobId"]}
    assert publisher.poll_for_third_party_jobs(actionTypeId=type_id)["jobs"] == []
    wrong = {"jobId": offered["jobId"], "clientToken": "DEFAULT_CLIENT_TOKEN_"}
    for call in (
        lambda: publisher.get_third_party_job_details(**wrong),
        lambda: publisher.acknowledge_third_party_job(**wrong, nonce="1"),
        lambda: publisher.put_third_party_job_success_result(**wrong),
        lambda: publisher.put_third_party_job_failure_result(**wrong, failureDetails=FAILURE),
    ):
        with refused("InvalidClientTokenException"):
            call()
    right = {"jobId": offered["jobId"], "clientToken": token}
    details = publisher.get_third_party_job_details(**right)["jobDetails"]
    data = details["data"]
    assert (details["id"], len(details["nonce"])) == (offered["jobId"], 20)
    assert data["actionTypeId"] == type_id
    assert data["actionConfiguration"]["configuration"] == {"Harbor": "Kiel", "Token": "planted"}
    context = data["pipelineContext"]
    assert (context["pipelineName"], context["stage"], context["action"]["name"]) == (name, {"name": "Ship"}, "Ship")
    assert "pipelineArn" not in context
    assert "pipelineExecutionId" not in context
    with refused("InvalidNonceException"):
        publisher.acknowledge_third_party_job(**right, nonce="1")
    with refused("InvalidJobStateException"):
        publisher.put_third_party_job_success_result(**right)
    assert publisher.acknowledge_third_party_job(**right, nonce=details["nonce"])["status"] == "InProgress"
    with refused("InvalidNonceException"):
        publisher.acknowledge_third_party_job(**right, nonce=details["nonce"])
    result = {
        **right,
        "executionDetails": {"summary": "test summary", "externalExecutionId": "7", "percentComplete": 100},
        "currentRevision": {"revision": "test revision", "changeIdentifier": "test change identifier"},
    }
    publisher.put_third_party_job_success_result(**result)
    publisher.put_third_party_job_success_result(**result)
    with refused("InvalidJobStateException"):
        publisher.put_third_party_job_failure_result(**right, failureDetails=FAILURE)
    shown = ship_state(headrace, account, name)
    assert (shown["status"], shown["summary"], shown["externalExecutionId"]) == ("Succeeded", "test summary", "7")


def test_the_first_job_of_an_account_registers_it(headrace, account, publisher, offer):
    type_id = offer()
    shipping(headrace, account, type_id)
    offered = polled(publisher, type_id)
    client = client_of(headrace, account, type_id)
    assert client["clientId"] == offered["clientId"]
    assert client_of(headrace, account, type_id) == client
    replaced = client_of(headrace, account, type_id, "--new-token")
    assert replaced["clientId"] == client["clientId"]
    with refused("InvalidClientTokenException"):
        publisher.get_third_party_job_details(jobId=offered["jobId"], clientToken=client["clientToken"])
    publisher.get_third_party_job_details(jobId=offered["jobId"], clientToken=replaced["clientToken"])
    shipping(headrace, account, type_id)
    assert polled(publisher, type_id)["clientId"] == offered["clientId"]


def test_a_continuation_goes_on_in_a_new_job(headrace, account, publisher, offer):
    type_id = offer()
    token = client_of(headrace, account, type_id)["clientToken"]
    name = shipping(headrace, account, type_id)
    first = {"jobId": taken(publisher, type_id, token), "clientToken": token}
    progress = {"summary": "Half way", "percentComplete": 50}
    publisher.put_third_party_job_success_result(**first, continuationToken="half", executionDetails=progress)
    assert ship_state(headrace, account, name)["percentComplete"] == 50
    following = polled(publisher, type_id)
    assert following["jobId"] != first["jobId"]
    second = {"jobId": following["jobId"], "clientToken": token}
    details = publisher.get_third_party_job_details(**second)["jobDetails"]
    assert details["data"]["continuationToken"] == "half"
    publisher.acknowledge_third_party_job(**second, nonce=details["nonce"])
    failure = {"type": "ConfigurationError", "message": "No such harbor."}
    publisher.put_third_party_job_failure_result(**second, failureDetails=failure)
    shown = ship_state(headrace, account, name)
    assert shown["errorDetails"] == {"code": "ConfigurationError", "message": "No such harbor."}


def test_a_result_after_abandoning_changes_nothing(headrace, account, publisher, offer):
    type_id = offer()
    token = client_of(headrace, account, type_id)["clientToken"]
    name = shipping(headrace, account, type_id)
    job = taken(publisher, type_id, token)
    api = headrace.client(account)
    execution = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]["pipelineExecutionId"]
    api.stop_pipeline_execution(pipelineName=name, pipelineExecutionId=execution, abandon=True)
    publisher.put_third_party_job_success_result(jobId=job, clientToken=token)
    assert ship_state(headrace, account, name)["status"] == "Abandoned"


def test_what_is_no_job_of_the_publisher_is_told_apart(headrace, account, publisher, stranger, offer):
    type_id = offer()
    for job_id in (str(uuid4()), "no uuid", "x" * 512):
        asked = {"jobId": job_id, "clientToken": "any"}
        for call in (
            lambda asked=asked: publisher.get_third_party_job_details(**asked),
            lambda asked=asked: publisher.acknowledge_third_party_job(**asked, nonce="1"),
            lambda asked=asked: publisher.put_third_party_job_success_result(**asked),
            lambda asked=asked: publisher.put_third_party_job_failure_result(**asked, failureDetails=FAILURE),
        ):
            with refused("JobNotFoundException"):
                call()
    shop = Workshop(publisher, stranger, {"Build": [("Make", 1)]})
    custom = shop.job(shop.first, "Make")
    with refused("InvalidJobException"):
        publisher.get_third_party_job_details(jobId=custom["id"], clientToken="any")
    with refused("JobNotFoundException"):
        publisher.put_third_party_job_success_result(jobId=custom["id"], clientToken="any")
    with refused("ActionTypeNotFoundException"):
        publisher.poll_for_third_party_jobs(actionTypeId={**type_id, "provider": "Nobody"})
    with refused("ValidationException"):
        publisher.poll_for_third_party_jobs(actionTypeId=shop.type)
    with refused("ValidationException"):
        publisher.poll_for_jobs(actionTypeId=type_id)
    publisher.delete_pipeline(name=shop.name)


def test_nobody_but_the_publisher_reaches_a_job(headrace, account, publisher, offer):
    type_id = offer()
    token = client_of(headrace, account, type_id)["clientToken"]
    shipping(headrace, account, type_id)
    offered = polled(publisher, type_id)
    other = headrace.client(headrace.create_account("Elsewhere"))
    customer = headrace.client(account)
    for client in (customer, other):
        with refused("ActionTypeNotFoundException"):
            client.poll_for_third_party_jobs(actionTypeId=type_id)
        with refused("JobNotFoundException"):
            client.get_third_party_job_details(jobId=offered["jobId"], clientToken=token)
    for client in (customer, other, publisher):
        for call in (
            lambda client=client: client.get_job_details(jobId=offered["jobId"]),
            lambda client=client: client.acknowledge_job(jobId=offered["jobId"], nonce="1"),
            lambda client=client: client.put_job_success_result(jobId=offered["jobId"]),
            lambda client=client: client.put_job_failure_result(jobId=offered["jobId"], failureDetails=FAILURE),
        ):
            with refused("JobNotFoundException"):
                call()


def test_an_account_that_the_publisher_names_polls_too(headrace, account, publisher, offer):
    polling = headrace.create_account("Workers")
    type_id = offer(pollingAccounts=[polling["account_id"]])
    token = client_of(headrace, account, type_id)["clientToken"]
    name = shipping(headrace, account, type_id)
    job = taken(headrace.client(polling), type_id, token)
    publisher.put_third_party_job_success_result(jobId=job, clientToken=token)
    assert ship_state(headrace, account, name)["status"] == "Succeeded"


def test_the_customers_artifacts_open_for_the_jobs_credentials_alone(headrace, account, publisher, stranger, offer):
    type_id = offer()
    token = client_of(headrace, account, type_id)["clientToken"]
    artifacts = {"inputArtifacts": [{"name": "Code"}], "outputArtifacts": [{"name": "Manifest"}]}
    name = shipping(headrace, account, type_id, **artifacts)
    job = taken(publisher, type_id, token)
    data = publisher.get_third_party_job_details(jobId=job, clientToken=token)["jobDetails"]["data"]
    code = data["inputArtifacts"][0]["location"]["s3Location"]
    manifest = data["outputArtifacts"][0]["location"]["s3Location"]
    s3 = headrace.s3(data["artifactCredentials"])
    assert s3.get_object(Bucket=code["bucketName"], Key=code["objectKey"])["Body"].read()
    s3.put_object(Bucket=manifest["bucketName"], Key=manifest["objectKey"], Body=b"goods")
    for client, key in ((s3, "another/object/key"), (headrace.s3(stranger), code["objectKey"])):
        with pytest.raises(ClientError, match="AccessDenied|NoSuchBucket|NoSuchKey"):
            client.get_object(Bucket=code["bucketName"], Key=key)
    publisher.put_third_party_job_success_result(jobId=job, clientToken=token)
    assert ship_state(headrace, account, name)["status"] == "Succeeded"


def test_a_key_for_one_type_reaches_its_jobs_only(headrace, account, stranger, offer):
    type_id, other = offer(), offer()
    token = client_of(headrace, account, type_id)["clientToken"]
    made = headrace.manage("create_access_key", stranger["account_id"], "--json", "--worker", named(type_id))
    worker = headrace.client({**stranger, **json.loads(made)})
    with refused("AccessDeniedException"):
        worker.poll_for_third_party_jobs(actionTypeId=other)
    name = shipping(headrace, account, type_id)
    job = taken(worker, type_id, token)
    shipping(headrace, account, other)
    theirs = polled(headrace.client(stranger), other)
    with refused("JobNotFoundException"):
        worker.get_third_party_job_details(jobId=theirs["jobId"], clientToken=token)
    worker.put_third_party_job_success_result(jobId=job, clientToken=token)
    assert ship_state(headrace, account, name)["status"] == "Succeeded"


def test_the_customer_sees_when_the_publishers_worker_asked_last(headrace, account, publisher, offer):
    type_id = offer()
    assert publisher.poll_for_third_party_jobs(actionTypeId=type_id)["jobs"] == []
    name = shipping(headrace, account, type_id)
    with headrace.rest(headrace.token(account)) as rest:
        there = f"accounts/{account['account_id']}/pipelines/{name}/waits/"
        waits = until(lambda: rest.get(there).json()["items"] if ship_state(headrace, account, name) else None)
    (wait,) = waits
    assert (wait["subject"], wait["reason"], wait["asked_at"] is not None) == (named(type_id), "worker", True)
    assert "its publisher's job worker asks for" in wait["sentence"]
