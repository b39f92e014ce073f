"""Webhooks of the wire API: put, list, delete, and what calling one does."""

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.journeys.workshop import action, bounds, definition, refused, stage, unique
from tests.running import until
from tests.triggers.hooks import github_headers, payload

SECRET = "a-long-secret"
PUSH = json.dumps(payload("github_push")).encode()


class Hooked:
    """A pipeline whose source is a custom action with a branch, and webhooks for it."""

    def __init__(self, headrace, api, account) -> None:
        self.url, self.api, self.pipeline, self.name = headrace.url, api, unique("hooked"), unique("hook")
        named = {"category": "Source", "provider": unique("Repo"), "version": "1"}
        branch = {"name": "Branch", "required": True, "key": True, "secret": False}
        api.create_custom_action_type(
            **named,
            configurationProperties=[branch],
            inputArtifactDetails=bounds(0, 0),
            outputArtifactDetails=bounds(0, 1),
        )
        source = action("Fetch", {**named, "owner": "Custom"}, configuration={"Branch": "main"})
        build = action("Make", {"category": "Build", "owner": "ThirdParty", "provider": "Noop", "version": "1"})
        stages = [stage("Source", source), stage("Build", build)]
        api.create_pipeline(pipeline=definition(account, self.pipeline, stages))

    def definition(self, **members):
        return {
            "name": self.name,
            "targetPipeline": self.pipeline,
            "targetAction": "Fetch",
            "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
            "authentication": "GITHUB_HMAC",
            "authenticationConfiguration": {"SecretToken": SECRET},
            **members,
        }

    def put(self, tags=(), **members):
        return self.api.put_webhook(webhook=self.definition(**members), tags=list(tags))["webhook"]

    def listed(self):
        pages = self.api.get_paginator("list_webhooks").paginate()
        found = [each for page in pages for each in page["webhooks"]]
        return {each["definition"]["name"]: each for each in found}

    def post(self, url: str, body: bytes = PUSH, headers=None, host: str = "") -> int:
        """POST to the path of `url` on the server under test, and return the status."""
        headers = github_headers(body, SECRET) if headers is None else headers
        request = urllib.request.Request(self.url + urlsplit(url).path, body, headers, method="POST")
        if host:
            request.add_unredirected_header("Host", host)
        try:
            return urllib.request.urlopen(request, timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code

    def triggers(self):
        found = self.api.list_pipeline_executions(pipelineName=self.pipeline)["pipelineExecutionSummaries"]
        return [each["trigger"] for each in found]


@pytest.fixture
def hooked(headrace, api, account):
    made = Hooked(headrace, api, account)
    yield made
    api.delete_webhook(name=made.name)
    api.delete_pipeline(name=made.pipeline)


def test_a_webhook_keeps_its_address_until_it_is_deleted(hooked, account):
    """Shows CP-157."""
    first = hooked.put(tags=[{"key": "team", "value": "harbor"}])
    assert first["arn"] == f"arn:aws:codepipeline:us-east-1:{account['account_id']}:webhook:{hooked.name}"
    assert first["definition"] == hooked.definition(authenticationConfiguration={"SecretToken": "****"})
    assert first["url"].startswith(hooked.url)
    second = hooked.put(tags=[{"key": "stage", "value": "test"}], filters=[{"jsonPath": "$.ref"}])
    assert second["url"] == first["url"]
    assert second["tags"] == [{"key": "stage", "value": "test"}, {"key": "team", "value": "harbor"}]
    assert hooked.listed()[hooked.name] == second
    hooked.api.delete_webhook(name=hooked.name)
    hooked.api.delete_webhook(name=hooked.name)  # what is gone is deleted already
    assert hooked.name not in hooked.listed()
    assert hooked.post(first["url"]) == 404
    assert hooked.put()["url"] != first["url"]


@pytest.mark.parametrize(
    ("authentication", "parameters", "wanted"),
    [
        ("GITHUB_HMAC", {}, "SecretToken"),
        ("GITHUB_HMAC", {"AllowedIPRange": "192.0.2.0/24"}, "SecretToken"),
        ("GITHUB_HMAC", {"AllowedIPRange": "192.0.2.0/24", "SecretToken": "x"}, "SecretToken"),
        ("IP", {}, "AllowedIPRange"),
        ("IP", {"SecretToken": "x"}, "AllowedIPRange"),
        ("IP", {"AllowedIPRange": "192.0.2.0/24", "SecretToken": "x"}, "AllowedIPRange"),
    ],
)
def test_parameters_must_fit_the_authentication(hooked, authentication, parameters, wanted):
    """Shows CP-158."""
    with refused("InvalidWebhookAuthenticationParametersException") as refusal:
        hooked.put(authentication=authentication, authenticationConfiguration=parameters)
    assert refusal.value.response["Error"]["Message"] == (
        f"Optional['authenticationConfig' should contain only one property: '{wanted}']"
    )
    assert hooked.name not in hooked.listed()


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("InvalidWebhookAuthenticationParametersException",
         {"authentication": "IP", "authenticationConfiguration": {"AllowedIPRange": "nowhere"}}),
        ("InvalidWebhookAuthenticationParametersException",
         {"authentication": "UNAUTHENTICATED", "authenticationConfiguration": {"SecretToken": "x"}}),
        ("InvalidWebhookFilterPatternException", {"filters": [{"jsonPath": "ref"}]}),
        ("InvalidWebhookFilterPatternException", {"filters": [{"jsonPath": "$.ref", "matchEquals": "{Nope}"}]}),
        ("PipelineNotFoundException", {"targetPipeline": "no-such-pipeline"}),
        ("ValidationException", {"targetAction": "Make"}),
        ("ValidationException", {"filters": [{"jsonPath": f"$.a{number}"} for number in range(6)]}),
        ("ValidationException", {"authentication": "PASSWORD"}),
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_work_is_refused(hooked, code, members):
    with refused(code):
        hooked.put(**members)
    assert hooked.name not in hooked.listed()


def test_tags_of_webhooks_are_checked(hooked):
    with refused("InvalidTagsException"):
        hooked.put(tags=[{"key": "aws:mine", "value": "x"}])
    hooked.put(tags=[{"key": f"a{number}", "value": ""} for number in range(50)])
    with refused("TooManyTagsException"):
        hooked.put(tags=[{"key": "one-more", "value": ""}])


def test_tags_are_read_and_changed_by_the_arn(hooked, headrace, stranger):
    arn = hooked.put(tags=[{"key": "team", "value": "harbor"}])["arn"]
    hooked.api.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    hooked.api.untag_resource(resourceArn=arn, tagKeys=["team"])
    expected = [{"key": "stage", "value": "test"}]
    assert (
        hooked.api.list_tags_for_resource(resourceArn=arn)["tags"] == hooked.listed()[hooked.name]["tags"] == expected
    )
    for theirs, named in ((headrace.client(stranger), arn), (hooked.api, f"{arn}-none")):
        with refused("ResourceNotFoundException"):
            theirs.list_tags_for_resource(resourceArn=named)


def test_a_push_to_the_configured_branch_starts_the_pipeline(hooked):
    """Shows CP-159."""
    made = hooked.put()
    assert hooked.post(made["url"]) == 200
    assert hooked.post(made["url"], json.dumps(payload("github_push_new_branch")).encode()) == 200
    assert hooked.post(made["url"], json.dumps(payload("github_ping")).encode()) == 200
    assert hooked.triggers() == [
        {"triggerType": "Webhook", "triggerDetail": made["arn"]},
        {"triggerType": "CreatePipeline", "triggerDetail": hooked.triggers()[-1]["triggerDetail"]},
    ]
    assert hooked.listed()[hooked.name]["lastTriggered"]


def test_a_call_answers_by_what_is_wrong_with_it(hooked):
    url = hooked.put()["url"]
    assert hooked.post(url, headers=github_headers(PUSH, "another")) == 403
    assert hooked.listed()[hooked.name]["errorCode"] == "AuthenticationFailed"
    assert hooked.post(url, b"no json", github_headers(b"no json", SECRET)) == 400
    assert hooked.post(url, b"x" * 1_048_577, {}) == 413
    assert hooked.post(url.replace("/hooks/webhook/", "/hooks/webhook/x")) == 404
    assert len(hooked.triggers()) == 1


def test_a_delivery_counts_once_and_any_host_name_will_do(hooked):
    url = hooked.put()["url"]
    headers = github_headers(PUSH, SECRET, delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    for host in ("us-east-1.webhooks.aws", "headrace.example:8443", "127.0.0.1"):
        assert hooked.post(url, headers=headers, host=host) == 200
    assert len(hooked.triggers()) == 2


def test_a_flood_on_one_hook_leaves_the_others_alone(headrace, json_api, account):
    flooded, other = Hooked(headrace, json_api, account), Hooked(headrace, json_api, account)
    members = {"authentication": "UNAUTHENTICATED", "authenticationConfiguration": {}}
    url = flooded.put(**members)["url"]
    ping = json.dumps(payload("github_ping")).encode()
    until(lambda: flooded.post(url, ping, {}) == 429, what="429")
    assert other.post(other.put(**members)["url"], ping, {}) == 200


def test_webhooks_are_listed_in_pages_with_capitals(hooked):
    """Shows CP-014."""
    names = sorted(unique("page") for _ in range(3))
    for name in names:
        hooked.put(name=name)
    seen, token = [], None
    while True:
        asked = {"MaxResults": 1} | ({"NextToken": token} if token else {})
        answer = hooked.api.list_webhooks(**asked)
        seen += [each["definition"]["name"] for each in answer["webhooks"]]
        assert len(answer["webhooks"]) <= 1
        if not (token := answer.get("NextToken")):
            break
    assert [name for name in seen if name in names] == names
    with refused("InvalidNextTokenException"):
        hooked.api.list_webhooks(NextToken="made-up")
    for name in names:
        hooked.api.delete_webhook(name=name)


def test_a_stranger_has_no_part_in_it(hooked, headrace, stranger):
    made = hooked.put()
    theirs = headrace.client(stranger)
    assert theirs.list_webhooks()["webhooks"] == []
    with refused("PipelineNotFoundException"):
        theirs.put_webhook(webhook=hooked.definition())
    theirs.delete_webhook(name=hooked.name)
    with refused("WebhookNotFoundException"):
        theirs.register_webhook_with_third_party(webhookName=hooked.name)
    assert hooked.listed()[hooked.name]["url"] == made["url"]


@pytest.mark.parametrize("verb", ["register_webhook_with_third_party", "deregister_webhook_with_third_party"])
def test_only_webhooks_of_github_sources_are_registered(hooked, verb):
    hooked.put()
    with refused("ValidationException"):
        getattr(hooked.api, verb)(webhookName=hooked.name)
    with refused("ValidationException"):
        getattr(hooked.api, verb)()
    with refused("WebhookNotFoundException"):
        getattr(hooked.api, verb)(webhookName="no-such-webhook")
