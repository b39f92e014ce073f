"""What calling a webhook leads to. Source: reference section 6.3; reliability-and-security T-41."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings

from apps.executions.models import PipelineExecution
from apps.pipelines.services import delete_pipeline, update_pipeline
from apps.triggers.callers import enter, is_within
from apps.triggers.errors import HookFlooded
from apps.triggers.models import HookDelivery, Webhook
from apps.triggers.selectors import webhook_url
from apps.triggers.services import forget_old_deliveries, put_webhook
from apps.triggers.services.deliveries import is_first
from tests.factories import BY, NOW, make_account, make_action_type, make_declaration, make_pipeline
from tests.triggers.hooks import github_headers, payload

pytestmark = pytest.mark.django_db
SECRET = "a-long-secret"
PUSH = json.dumps(payload("github_push")).encode()
ON_BRANCH = [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}]


def branch_declaration(account, **configuration: str) -> dict:
    declaration = make_declaration(account)
    type_id = make_action_type(account, "Source", provider="Repo", properties=("Branch",))
    configuration = {"Branch": "main"} | configuration
    declaration["stages"][0]["actions"][0] |= {"actionTypeId": type_id, "configuration": configuration}
    return declaration


def make_webhook(authentication: str = "GITHUB_HMAC", filters=ON_BRANCH, **parameters: str) -> Webhook:
    account = make_account()
    make_pipeline(account=account, declaration=branch_declaration(account))
    if authentication == "GITHUB_HMAC":
        parameters = {"SecretToken": SECRET} | parameters
    definition = {
        "name": "on-push",
        "targetPipeline": "web",
        "targetAction": "Fetch",
        "filters": filters,
        "authentication": authentication,
        "authenticationConfiguration": parameters,
    }
    return put_webhook(account, definition, tags=(), now=NOW)


def call(client, webhook: Webhook, body: bytes = PUSH, headers: dict[str, str] | None = None, **meta: str):
    headers = github_headers(body, SECRET) if headers is None else headers
    path = webhook_url(webhook).partition("/hooks/")[2]
    content_type = headers.get("Content-Type", "application/json")
    return client.post(f"/hooks/{path}", data=body, content_type=content_type, headers=headers, **meta)


def started(webhook: Webhook) -> int:
    """Return how many executions there are beside the one that creation started."""
    return PipelineExecution.objects.for_account(webhook.account).count() - 1


def test_a_signed_push_to_the_branch_starts_the_pipeline(client):
    webhook = make_webhook()
    answer = call(client, webhook)
    assert (answer.status_code, answer.json()) == (200, {"message": "An execution was started."})
    newest = PipelineExecution.objects.order_by("-number")[0]
    assert (newest.trigger_type, newest.trigger_detail) == ("Webhook", webhook.arn)
    webhook.refresh_from_db()
    assert webhook.last_triggered_at is not None


@pytest.mark.parametrize("name", ["github_push_new_branch", "github_push_tag", "github_ping"])
def test_what_does_not_pass_the_filters_is_let_be(client, name):
    webhook = make_webhook()
    answer = call(client, webhook, json.dumps(payload(name)).encode())
    assert (answer.status_code, started(webhook)) == (200, 0)
    webhook.refresh_from_db()
    assert (webhook.last_triggered_at, webhook.error_code) == (None, "")


def test_a_ping_starts_nothing_even_without_filters(client):
    webhook = make_webhook(filters=[])
    body = json.dumps(payload("github_ping")).encode()
    assert call(client, webhook, body, github_headers(body, SECRET, "ping")).status_code == 200
    assert started(webhook) == 0


def test_a_push_in_githubs_form_field_is_read(client):
    from urllib.parse import urlencode

    webhook = make_webhook()
    body = urlencode({"payload": PUSH.decode()}).encode()
    headers = github_headers(body, SECRET) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert call(client, webhook, body, headers).status_code == 200
    assert started(webhook) == 1


WRONG = {
    "none": lambda headers: {},
    "of another secret": lambda headers: github_headers(PUSH, "other"),
    "of other bytes": lambda headers: github_headers(PUSH + b" ", SECRET),
    "cut short": lambda headers: {"X-Hub-Signature-256": headers["X-Hub-Signature-256"][:-2]},
    "without its kind": lambda headers: {"X-Hub-Signature-256": headers["X-Hub-Signature-256"].partition("=")[2]},
    "of an unknown kind": lambda headers: {"X-Hub-Signature": "md5=d41d8cd98f00b204e9800998ecf8427e"},
    "empty": lambda headers: {"X-Hub-Signature": ""},
    "one right and one wrong": lambda headers: headers | {"X-Hub-Signature": "sha1=" + "0" * 40},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_signature_is_refused(client, wrong):
    """Shows T-41."""
    webhook = make_webhook()
    answer = call(client, webhook, headers=wrong(github_headers(PUSH, SECRET)))
    assert (answer.status_code, started(webhook)) == (403, 0)
    webhook.refresh_from_db()
    assert webhook.error_code == "AuthenticationFailed"


@pytest.mark.parametrize("name", ["X-Hub-Signature", "X-Hub-Signature-256"])
def test_either_kind_of_signature_suffices(client, name):
    webhook = make_webhook()
    headers = {name: github_headers(PUSH, SECRET)[name]}
    assert call(client, webhook, headers=headers).status_code == 200
    assert started(webhook) == 1


def test_the_same_delivery_starts_one_execution(client):
    """Shows INV-27 and T-41 for webhooks."""
    webhook = make_webhook()
    headers = github_headers(PUSH, SECRET, delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert [call(client, webhook, headers=headers).status_code for _ in range(3)] == [200, 200, 200]
    assert started(webhook) == 1
    call(client, webhook, headers=headers | {"X-GitHub-Delivery": "another"})
    call(client, webhook, headers=headers | {"X-GitHub-Delivery": "long" * 100})
    call(client, webhook, headers=headers | {"X-GitHub-Delivery": "long" * 100})
    assert started(webhook) == 3


def test_a_delivery_is_known_for_a_day():
    account = make_account()
    day = timedelta(days=1)
    assert [is_first(account, "webhook/1", "x", now=NOW + step) for step in (timedelta(), day / 2)] == [True, False]
    assert is_first(account, "webhook/2", "x", now=NOW)  # another hook
    assert is_first(account, "webhook/1", "x", now=NOW + day)
    assert not is_first(account, "webhook/1", "x", now=NOW + day)
    assert is_first(account, "webhook/1", "", now=NOW)
    assert is_first(account, "webhook/1", "", now=NOW)
    assert forget_old_deliveries(now=NOW + day + timedelta(seconds=1)) == 1
    assert HookDelivery.objects.get().hook == "webhook/1"


@pytest.mark.parametrize("body", [b"", b"ref=main", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_no_json_is_refused(client, body):
    webhook = make_webhook("UNAUTHENTICATED")
    assert call(client, webhook, body, {}).status_code == 400
    assert started(webhook) == 0


def test_a_body_over_the_limit_is_refused(client):
    webhook = make_webhook("UNAUTHENTICATED", filters=[])
    room = 1_048_576 - len('{"a":""}')
    assert call(client, webhook, b'{"a":"%s"}' % (b"x" * room), {}).status_code == 200
    assert call(client, webhook, b'{"a":"%s"}' % (b"x" * (room + 1)), {}).status_code == 413
    assert started(webhook) == 1


def test_an_unknown_address_is_not_found(client):
    make_webhook()
    assert client.post("/hooks/webhook/nobody/", data=b"{}", content_type="application/json").status_code == 404


def test_only_a_post_counts(client):
    assert client.get("/hooks/webhook/" + make_webhook().token + "/").status_code == 405


@pytest.mark.parametrize("host", ["us-east-1.webhooks.aws", "headrace.example:8443", "bad_host%", ""])
def test_any_host_name_reaches_a_hook(client, host):
    webhook = make_webhook("UNAUTHENTICATED")
    assert call(client, webhook, headers={}, HTTP_HOST=host).status_code == 200
    assert started(webhook) == 1


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("192.0.2.7", "", 200),
        ("::ffff:192.0.2.7", "", 200),
        ("198.51.100.9", "", 403),
        ("198.51.100.9", "192.0.2.7", 403),  # the caller says so himself
        ("10.0.0.1", "192.0.2.7", 200),  # the trusted proxy says so
        ("10.0.0.1", "192.0.2.7, 198.51.100.9", 403),  # what stands before the proxy's word is invented
        ("10.0.0.1", "198.51.100.9, 192.0.2.7, 10.0.0.2", 200),
        ("10.0.0.1", "", 403),
        ("10.0.0.1", "nonsense", 403),
    ],
)
@override_settings(TRUSTED_PROXIES=["10.0.0.0/30"])
def test_an_ip_webhook_takes_calls_from_its_range(client, address, forwarded, status):
    """Shows T-41: a false X-Forwarded-For is not believed."""
    webhook = make_webhook("IP", AllowedIPRange="192.0.2.0/24")
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert call(client, webhook, headers=headers, REMOTE_ADDR=address).status_code == status
    assert started(webhook) == (status == 200)


def test_no_address_lies_in_no_network():
    assert not is_within("", ["0.0.0.0/0"])
    assert not is_within("192.0.2.1", [])
    assert not is_within("::1", ["0.0.0.0/0"])


@override_settings(HOOK_CALLS_PER_SECOND=0.05)
def test_a_flood_is_stemmed_and_others_are_served(client):
    """Shows T-41."""
    webhook, other = make_webhook("UNAUTHENTICATED", filters=[]), make_webhook("UNAUTHENTICATED", filters=[])
    assert [call(client, webhook, b"{}", {}).status_code for _ in range(2)] == [200, 429]
    assert call(client, other, b"{}", {}).status_code == 200


def test_a_hook_is_open_again_after_a_while():
    for _ in range(4):
        enter("a", per_second=2, now=5.0)
    with pytest.raises(HookFlooded, match="Wait 0.1 seconds"):
        enter("a", per_second=2, now=5.4)
    enter("b", per_second=2, now=5.4)
    enter("a", per_second=2, now=5.6)


def test_a_pipeline_that_is_gone_is_told_in_the_webhook(client):
    webhook = make_webhook()
    delete_pipeline(webhook.account, "web", by=BY, now=NOW)
    assert call(client, webhook).status_code == 200
    webhook.refresh_from_db()
    assert webhook.error_code == "PipelineNotFound"
    assert "web" in webhook.error_message


def test_a_key_that_the_action_lost_is_told_and_a_later_call_clears_it(client):
    webhook = make_webhook()
    account = webhook.account
    update_pipeline(account, make_declaration(account), by=BY, now=NOW)
    call(client, webhook)
    webhook.refresh_from_db()
    assert webhook.error_code == "InvalidFilter"
    update_pipeline(account, branch_declaration(account), by=BY, now=NOW)
    call(client, webhook)
    webhook.refresh_from_db()
    assert (webhook.error_code, started(webhook)) == ("", 1)


def test_a_pipeline_with_too_many_executions_may_be_called_again(client, settings):
    webhook = make_webhook()
    settings.MOST_ACTIVE_EXECUTIONS = 2  # the one that creation started winds down
    account = webhook.account
    update_pipeline(account, branch_declaration(account) | {"executionMode": "QUEUED"}, by=BY, now=NOW)
    headers = github_headers(PUSH, SECRET, delivery="one")
    call(client, webhook, headers=headers)
    call(client, webhook, headers=github_headers(PUSH, SECRET, delivery="two"))
    webhook.refresh_from_db()
    assert webhook.error_code == "TooManyExecutions"
    assert set(HookDelivery.objects.values_list("delivery_id", flat=True)) == {"one"}


def test_a_filter_that_costs_too_much_is_told(client):
    webhook = make_webhook("UNAUTHENTICATED", filters=[{"jsonPath": "$..a..a..a"}])
    deep: dict = {}
    for _ in range(300):
        deep = {"a": deep, "b": 1}
    call(client, webhook, json.dumps(deep).encode(), {})
    webhook.refresh_from_db()
    assert (webhook.error_code, started(webhook)) == ("FilterTooCostly", 0)
