"""What another account gets when it names ours: exactly the answer for a thing that does not exist."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from tests.journeys.git_hosting import CONNECTION
from tests.journeys.workshop import Workshop, action, bounds, definition, noop, stage, unique
from tests.running import CBOR, JSON, Account, Headrace, until

PROTOCOLS = pytest.mark.parametrize("protocol", [JSON, CBOR])
OPERATIONS = {xform_name(name) for name in Loader().load_service_model("codepipeline", "service-2")["operations"]}
LISTS = {"list_action_types", "list_pipelines", "list_rule_types", "list_webhooks"}  # of what the caller has
CONNECTION_ARN = "arn:aws:codeconnections:us-east-1:{account_id}:connection/{uid}"
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """What somebody has to know to name our things."""

    pipeline: str
    webhook: str
    provider: str
    execution: str
    action_execution: str
    job: str
    offered_provider: str
    offered_job: str
    client_token: str
    connection: str

    @property
    def type_id(self) -> dict[str, str]:
        return {"category": "Build", "owner": "Custom", "provider": self.provider, "version": "1"}

    @property
    def offered_id(self) -> dict[str, str]:
        return {"category": "Deploy", "owner": "ThirdParty", "provider": self.offered_provider, "version": "1"}

    def hidden(self, text: str) -> str:
        """Return a text in which each of our names gives way to the word for it."""
        for word, name in asdict(self).items():
            text = text.replace(name, f"<{word}>")
        return text


def absent_names() -> Names:
    """Name things that do not exist."""
    ids = {name: str(uuid4()) for name in ("execution", "action_execution", "job", "client_token", "connection")}
    texts = {name: unique("Absent") for name in ("pipeline", "webhook", "provider", "offered_provider")}
    return Names(**ids, **texts, offered_job=f"{uuid4()}-1")


def of_pipelines(names: Names, owner: Account, caller: Account) -> dict[str, Arguments]:
    """Return arguments for the operations on pipelines and what runs in them."""
    name, arn = names.pipeline, f"arn:aws:codepipeline:us-east-1:{owner['account_id']}:{names.pipeline}"
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", names.type_id)),
    ]
    place = {"pipelineName": name, "stageName": "Build"}
    run = {"pipelineName": name, "pipelineExecutionId": names.execution}
    revision = {"revisionId": "1", "revisionChangeId": "1", "created": 0}
    harmless = [stages[0], stage("Build", action("Make", noop("Build")))]
    return {
        "create_pipeline": {"pipeline": definition(caller, unique("theirs"), stages)},
        "update_pipeline": {"pipeline": definition(caller, name, harmless)},
        "get_pipeline": {"name": name},
        "get_pipeline_state": {"name": name},
        "delete_pipeline": {"name": name},
        "start_pipeline_execution": {"name": name},
        "stop_pipeline_execution": run,
        "get_pipeline_execution": run,
        "list_pipeline_executions": {"pipelineName": name},
        "list_action_executions": {"pipelineName": name},
        "list_rule_executions": {"pipelineName": name},
        "list_deploy_action_execution_targets": {"actionExecutionId": names.action_execution},
        "enable_stage_transition": {**place, "transitionType": "Inbound"},
        "disable_stage_transition": {**place, "transitionType": "Inbound", "reason": "because"},
        "retry_stage_execution": {**place, **run, "retryMode": "ALL_ACTIONS"},
        "rollback_stage": {**place, "targetPipelineExecutionId": names.execution},
        "override_stage_condition": {**place, **run, "conditionType": "BEFORE_ENTRY"},
        "put_action_revision": {**place, "actionName": "Make", "actionRevision": revision},
        "put_approval_result": {
            **place, "actionName": "Make", "result": {"status": "Approved", "summary": ""},
            "token": names.action_execution,
        },
        "list_tags_for_resource": {"resourceArn": arn},
        "tag_resource": {"resourceArn": arn, "tags": [{"key": "theirs", "value": ""}]},
        "untag_resource": {"resourceArn": arn, "tagKeys": ["theirs"]},
    }  # fmt: skip


def of_jobs_and_types(names: Names) -> dict[str, Arguments]:
    """Return arguments for the other operations. Creating a type comes last: then the caller has one of that name."""
    key = {member: names.type_id[member] for member in ("category", "provider", "version")}
    job, offered_job = {"jobId": names.job}, {"jobId": names.offered_job, "clientToken": names.client_token}
    failed = {"failureDetails": {"type": "JobFailed", "message": "No."}}
    hook = {
        "name": unique("theirs"), "targetPipeline": names.pipeline, "targetAction": "Start",
        "filters": [{"jsonPath": "$.ref"}], "authentication": "UNAUTHENTICATED", "authenticationConfiguration": {},
    }  # fmt: skip
    return {
        "poll_for_jobs": {"actionTypeId": names.type_id},
        "acknowledge_job": {**job, "nonce": "1"},
        "get_job_details": job,
        "put_job_success_result": job,
        "put_job_failure_result": {**job, **failed},
        "poll_for_third_party_jobs": {"actionTypeId": names.offered_id},
        "acknowledge_third_party_job": {**offered_job, "nonce": "1"},
        "get_third_party_job_details": offered_job,
        "put_third_party_job_success_result": offered_job,
        "put_third_party_job_failure_result": {**offered_job, **failed},
        "get_action_type": names.offered_id,
        "update_action_type": {"actionType": offer(names.offered_id)},
        "put_webhook": {"webhook": hook},
        "delete_webhook": {"name": names.webhook},
        "register_webhook_with_third_party": {"webhookName": names.webhook},
        "deregister_webhook_with_third_party": {"webhookName": names.webhook},
        "delete_custom_action_type": key,
        "create_custom_action_type": {
            **key, "inputArtifactDetails": bounds(0, 1), "outputArtifactDetails": bounds(0, 1),
        },
    }  # fmt: skip


def calls(names: Names, owner: Account, caller: Account) -> dict[str, Arguments]:
    return {**of_pipelines(names, owner, caller), **of_jobs_and_types(names)}


def offer(type_id: Mapping[str, str], *allowed: str) -> dict[str, Any]:
    """Return the declaration of an action type that `allowed` accounts may use."""
    return {
        "id": type_id,
        "executor": {"type": "JobWorker", "configuration": {"jobWorkerExecutorConfiguration": {}}},
        "inputArtifactDetails": bounds(0, 1),
        "outputArtifactDetails": bounds(0, 1),
        **({"permissions": {"allowedAccounts": list(allowed)}} if allowed else {}),
    }


class Ours:
    """An account with one of everything that can be named: each job of it is taken and waits for its result."""

    def __init__(self, headrace: Headrace, account: Account, folder: Any) -> None:
        self.account, self.api = account, headrace.client(account)
        self.shop = Workshop(self.api, account, {"Build": [("Make", 1)]})
        offered_id = {"category": "Deploy", "owner": "ThirdParty", "provider": unique("Ship"), "version": "1"}
        (folder / "type.json").write_text(json.dumps(offer(offered_id, account["account_id"])))
        headrace.manage("declare_action_type", str(folder / "type.json"), "--publisher", account["account_id"])
        client = headrace.manage("third_party_client", account["account_id"], "/".join(offered_id.values()))
        self.names = Names(
            pipeline=self.shop.name,
            webhook=self.put_webhook(),
            provider=self.shop.type["provider"],
            execution=self.shop.first,
            job=self.shop.job(self.shop.first, "Make")["id"],
            action_execution=self.shop.action_state("Build", "Make")["actionExecutionId"],
            offered_provider=offered_id["provider"],
            offered_job=self.offered_job(offered_id),
            client_token=json.loads(client)["clientToken"],
            connection=self.make_connection(headrace),
        )

    def make_connection(self, headrace: Headrace) -> str:
        rest, asked = headrace.rest(headrace.token(self.account)), {"name": "hub", "provider_type": "GitHub"}
        uid: str = rest.post(f"/accounts/{self.account['account_id']}/connections/", json=asked).json()["id"]
        return uid

    def put_webhook(self) -> str:
        hook = calls(replace(absent_names(), pipeline=self.shop.name), self.account, self.account)["put_webhook"]
        name: str = self.api.put_webhook(**hook)["webhook"]["definition"]["name"]
        return name

    def offered_job(self, type_id: Mapping[str, str]) -> str:
        source = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
        stages = [stage("Source", source), stage("Ship", action("Ship", dict(type_id)))]
        self.api.create_pipeline(pipeline=definition(self.account, unique("shipping"), stages))
        (offered,) = until(lambda: self.api.poll_for_third_party_jobs(actionTypeId=type_id)["jobs"], what="an offer")
        job: str = offered["jobId"]
        return job

    def seen(self) -> list[Any]:
        """Return all that the account can see of itself, to be compared with what it sees later."""
        answers = [
            self.api.get_pipeline(name=self.shop.name),
            self.api.get_pipeline_state(name=self.shop.name),
            self.api.list_pipeline_executions(pipelineName=self.shop.name),
            self.api.list_action_executions(pipelineName=self.shop.name),
            self.api.list_action_types(actionOwnerFilter="Custom"),
            self.api.list_webhooks(),
            self.api.get_job_details(jobId=self.names.job),
            self.api.get_action_type(**self.names.offered_id),
            self.api.list_pipelines(),
        ]
        return [{**each, "ResponseMetadata": None} for each in answers]


@pytest.fixture(scope="module")
def ours(headrace, tmp_path_factory) -> Ours:
    return Ours(headrace, headrace.create_account("Ours"), tmp_path_factory.mktemp("isolation"))


@pytest.fixture
def lurker(headrace) -> Account:
    """An account that nobody else uses: what it can see is what this test let it see."""
    return headrace.create_account("Lurker")


def answer(client: Any, operation: str, arguments: Arguments) -> str:
    """Return the code and the text of a refusal, or else what was answered."""
    try:
        found = getattr(client, operation)(**arguments)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return repr({key: value for key, value in found.items() if key != "ResponseMetadata"})


def test_every_operation_is_tried_here(ours):
    assert len(OPERATIONS) == 44
    assert calls(ours.names, ours.account, ours.account).keys() | LISTS == OPERATIONS


@PROTOCOLS
def test_a_stranger_gets_the_answer_for_something_missing(headrace, ours, lurker, protocol):
    """Shows CP-015."""
    foreign, absent = headrace.client(lurker, protocol), absent_names()
    before = ours.seen()
    named = calls(ours.names, ours.account, lurker)
    nobodys = calls(absent, ours.account, lurker)
    for operation, arguments in named.items():
        told = ours.names.hidden(answer(foreign, operation, arguments))
        assert told == absent.hidden(answer(foreign, operation, nobodys[operation])), operation
    assert ours.seen() == before


def through_connection(client: Any, caller: Account, arn: str) -> list[str]:
    """Return all that is told of a pipeline whose source names a connection: once made, changed, failed and read."""
    named = {"ConnectionArn": arn, "FullRepositoryId": "harbor/board", "BranchName": "main"}
    checkout = action("Checkout", CONNECTION, configuration=named, outputArtifacts=[{"name": "Code"}])
    name = unique("theirs")
    declared = definition(caller, name, [stage("Source", checkout), stage("Build", action("Make", noop("Build")))])
    told = [answer(client, "create_pipeline", {"pipeline": declared})]
    named["BranchName"] = "dev"
    told.append(answer(client, "update_pipeline", {"pipeline": declared}))

    def ended() -> list[dict[str, Any]]:
        details: list[dict[str, Any]] = client.list_action_executions(pipelineName=name)["actionExecutionDetails"]
        return [each for each in details if each["status"] == "Failed"]

    (failed,) = until(ended, what="the failure")
    told += [answer(client, "get_pipeline", {"name": name}).partition("'metadata'")[0]]
    told += [repr(failed["input"]), repr(failed["output"]["executionResult"])]
    return [each.replace(arn, "<connection>").replace(name, "<pipeline>") for each in told]


@PROTOCOLS
def test_a_connection_of_another_account_is_one_that_does_not_exist(headrace, ours, lurker, protocol):
    """T-30. What a definition names is looked for where it is used, in the caller's account alone."""
    foreign, absent = headrace.client(lurker, protocol), absent_names()
    named = through_connection(foreign, lurker, CONNECTION_ARN.format(**ours.account, uid=ours.names.connection))
    assert "The account has no connection '<connection>'" in named[-1]
    for account in (ours.account, lurker):
        nobodys = CONNECTION_ARN.format(**account, uid=absent.connection)
        assert through_connection(foreign, lurker, nobodys) == named


@PROTOCOLS
def test_a_stranger_s_lists_show_nothing_of_ours(headrace, ours, lurker, protocol):
    foreign = headrace.client(lurker, protocol)
    for operation in sorted(LISTS):
        shown = repr(getattr(foreign, operation)())
        assert ours.names.hidden(shown) == shown, operation
        assert ours.account["account_id"] not in shown, operation


def test_what_a_stranger_tried_to_end_goes_on(ours):
    """It comes after the stranger's tries, and does for itself too: the job is still ours to end."""
    ours.shop.succeed(ours.shop.first, "Make")
    assert ours.shop.status(ours.shop.first) == "Succeeded"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_key_id": "AKIAAAAAAAAAAAAAAAAA"}, "UnrecognizedClientException"),
        ({"secret_access_key": "x" * 40}, "InvalidSignatureException"),
    ],
)
def test_a_wrong_key_is_refused(headrace, account, change, code):
    with pytest.raises(ClientError, match=code):
        headrace.client({**account, **change}).list_pipelines()
