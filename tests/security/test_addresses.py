"""Every address, asked for by a stranger who is signed in: what is ours looks like what is not there, and stays so.

The addresses come from the table of addresses, so a new one is tried here, or fails for a part that has no name yet.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client

from apps.actions.services import set_aws_connection
from apps.executions.models import PipelineExecution, RuleExecution
from apps.notifications.services import create_topic
from apps.tenancy.models import ApiToken
from apps.tenancy.services import create_access_key
from apps.triggers.services import put_schedule
from tests.executions.guarded import CHECK, condition
from tests.factories import (
    BY,
    NOW,
    attempt_at,
    make_account,
    make_connection,
    make_declaration,
    make_execution,
    make_member,
    make_pipeline,
)
from tests.notifications.making import URL, attempt, hand_on, make_rule
from tests.notifications.test_delivering import GONE
from tests.portal.visits import first_in_build, make_release, signed_in
from tests.restapi.asking import token_for
from tests.security.addresses import Address, every_address

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
# Whoever holds such an address may call it: its token is the secret, or the account has made the place public.
OPEN = {"source-hook", "webhook", "connection", "site", "site-file"}
ADDRESSES = [each for each in every_address() if each.name not in OPEN]
NAMING = [each for each in ADDRESSES if each.parts and not each.is_of_operators]
OF_OPERATORS = [each for each in ADDRESSES if each.is_of_operators]
PLAIN = [each for each in ADDRESSES if not each.parts and not each.is_of_operators]
ANY_ROW = {"object_id": "1", "content_type_id": "1", "id": "1"}
BODY = {"role": "admin", "principal": "x", "name": "x", "targets": [URL], "enabled": "1", "reason": "x"}


@dataclass(frozen=True)
class Names:
    """What somebody has to know to name our things."""

    account: str
    pipeline: str
    execution: str
    action_execution: str
    artifact: str
    access_key: str
    token: str
    schedule: str
    topic: str
    rule: str
    target: str
    delivery: str
    connection: str
    rule_execution: str

    def parts(self, address: Address) -> dict[str, str]:
        """Return a value for each part that an address may have."""
        named = {"api-artifact": self.artifact, "api-notification-topic": self.topic, "api-schedule": self.schedule}
        return {
            "account": self.account,
            "name": named.get(address.name or "", self.pipeline),
            "execution_id": self.execution,
            "action_execution_id": self.action_execution,
            "key_id": self.access_key,
            "token_id": self.token,
            "rule_id": self.rule,
            "target_id": self.target,
            "delivery_id": self.delivery,
            "uid": self.connection,
            "pipeline": self.pipeline,
            "rule_execution_id": self.rule_execution,
            "stage": "Build",
        }

    def hidden(self, text: str) -> str:
        """Return a text in which each of our names gives way to the word for it."""
        for word, name in asdict(self).items():
            text = text.replace(name, f"<{word}>")
        return text

    def stand_in(self, answer: Any) -> list[str]:
        """Return those of our names that an answer tells."""
        text = answer.content.decode()
        return [name for name in asdict(self).values() if name in text]


class Ours:
    """An account with one of everything that an address can name."""

    def __init__(self) -> None:
        self.account = make_account("Ours")
        self.member = make_member(self.account, username="our-admin")
        rule = make_rule(self.account).rule
        create_topic(self.account, name="our-topic", targets=[URL], now=NOW)
        execution = first_in_build(make_release(self.account, name="our-pipeline"))
        guarded = make_declaration(self.account, name="our-guarded")
        guarded["stages"][1]["beforeEntry"] = condition("FAIL", CHECK)
        make_execution(make_pipeline(account=self.account, declaration=guarded))
        dead = hand_on()[0]
        attempt(dead, GONE)
        made_by = str(attempt_at(execution, "Make").pk)
        made = {"bucket": self.account.artifact_bucket, "key": "a/b/c", "made_by": made_by}
        PipelineExecution.objects.filter(pk=execution.pk).update(artifacts={"our-artifact": made})
        hourly = {"pipeline_name": "our-pipeline", "expression": "rate(1 hour)", "time_zone": "UTC", "variables": {}}
        put_schedule(self.account, "our-schedule", **hourly, is_enabled=True, by=BY, now=NOW)
        lent = {"region": "us-east-1", "access_key_id": "AKIAOURS", "secret_access_key": "x" * 40, "endpoint_url": ""}
        set_aws_connection(self.account, **lent, now=NOW)
        key, _ = create_access_key(account=self.account, principal="robot", role="viewer")
        token_for(self.member)
        self.names = Names(
            account=self.account.number, pipeline="our-pipeline", execution=str(execution.pk),
            action_execution=made_by, artifact="our-artifact", access_key=key.key_id,
            token=str(ApiToken.objects.get(user=self.member).id), schedule="our-schedule", topic="our-topic",
            rule=str(rule.pk), target=str(dead.target_id), delivery=str(dead.message_id),
            connection=str(make_connection(self.account)[0].uid),
            rule_execution=str(RuleExecution.objects.get().pk),
        )  # fmt: skip

    def rows(self) -> dict[str, list[Any]]:
        """Return all rows of the account, to be compared with what they are later."""
        owned = [model for model in apps.get_models() if hasattr(model._default_manager, "for_account")]
        assert len(owned) > 20
        return {
            model.__name__: list(model._default_manager.for_account(self.account).order_by("pk").values())
            for model in owned
        }


@pytest.fixture
def ours(settings) -> Ours:
    settings.EGRESS_ALLOW = ()
    return Ours()


def absent(account: str = "000000000000") -> Names:
    texts = {name: f"absent-{name}" for name in ("pipeline", "artifact", "access_key", "schedule", "topic")}
    ids = ("execution", "action_execution", "token", "rule", "target", "delivery", "connection", "rule_execution")
    return Names(account=account, **texts, **{name: str(uuid4()) for name in ids})


def ask(client: Client, method: str, path: str) -> Any:
    if method == "get":
        return client.get(path)
    if path.startswith("/api/"):
        return getattr(client, method)(path, json.dumps(BODY), content_type="application/json")
    return getattr(client, method)(path, BODY) if method == "post" else getattr(client, method)(path)


def seen(answer: Any, names: Names) -> tuple[int, str, str]:
    """Return status, body and place of an answer, without names and what is drawn for each answer."""
    body = answer.content.decode() if not answer.streaming else "a stream"
    body = re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", body)
    return answer.status_code, names.hidden(body), names.hidden(answer.get("Location", ""))


def test_the_table_of_addresses_is_read_whole():
    names = {each.name for each in every_address()}
    assert {
        "pipeline",
        "log",
        "api-delivery-resend",
        "site-file",
        "webhook",
        "account_login",
        "tenancy_user_change",
    } <= names
    assert len(NAMING) >= 25


@pytest.mark.parametrize("address", NAMING, ids=str)
def test_a_stranger_gets_the_answer_for_something_missing(ours, address):
    """Shows T-27. Once with our account in the address, once with the stranger's own."""
    own = make_account("Strangers")
    client, before = signed_in(own), ours.rows()
    places: list[Mapping[str, str]] = [{}]
    places += [{"account": own.number}] if "account" in address.parts and len(address.parts) > 1 else []
    for place in places:
        nobodys = absent()
        named = address.filled({**ours.names.parts(address), **place})
        missing = address.filled({**nobodys.parts(address), **place})
        for method in METHODS:
            theirs, nothing = ask(client, method, named), ask(client, method, missing)
            assert seen(theirs, ours.names) == seen(nothing, nobodys), (method, named)
            assert theirs.status_code >= 400, (method, named)
    assert ours.rows() == before


@pytest.mark.parametrize("address", NAMING, ids=str)
def test_what_the_stranger_asked_for_is_there(ours, address):
    """Without this, the walk could name what nobody has."""
    client = Client()
    client.force_login(ours.member, backend="django.contrib.auth.backends.ModelBackend")
    path = address.filled(ours.names.parts(address))
    if address.name == "api-artifact":  # its bytes are not made here: tests/journeys/test_rest_artifacts.py
        assert "is not there any more" in ask(client, "get", path).json()["detail"]
    else:
        assert ask(client, "get", path).status_code in {200, 405}


def test_an_address_that_names_nothing_shows_a_stranger_nothing_of_ours(ours):
    client = signed_in(make_account("Strangers"))
    for address in PLAIN:
        assert not ours.names.stand_in(client.get(address.filled({}))), address


def test_the_operators_site_is_closed_to_a_stranger(ours):
    """Shows T-31 for people who are no staff."""
    client, before = signed_in(make_account("Strangers")), ours.rows()
    for address in OF_OPERATORS:
        path = address.filled(ANY_ROW)
        for method in METHODS:
            answer = ask(client, method, path)
            if address.name in {"login", "logout", "jsi18n"}:
                assert not ours.names.stand_in(answer)
                continue
            leads_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
            assert leads_to_sign_in or answer.status_code == 404, (method, path)
    assert ours.rows() == before


def test_who_has_not_signed_in_sees_nothing_of_ours(ours):
    for address in ADDRESSES:
        answer = Client().get(address.filled({**ours.names.parts(address), **ANY_ROW}))
        assert not address.parts or answer.status_code in {301, 302, 401, 404, 405}, address
        assert answer.status_code in {301, 302} or not ours.names.stand_in(answer), address
