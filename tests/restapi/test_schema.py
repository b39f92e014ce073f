"""The OpenAPI document: it is valid, tells every address, and its requests never break the service."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.restapi.urls import urlpatterns
from tests.factories import make_account, make_member
from tests.restapi.asking import API, bearer, in_session, problem_of, token_for

pytestmark = pytest.mark.django_db
UNDESCRIBED = {"api-schema", "api-docs", "api-nothing"}
STRANGE = ["0", "x" * 300, "%00", "%ff", "..", "-1", "9" * 40, "%F0%9F%92%A9", "a%2Fb", "' or 1=1"]


@cache
def schema() -> dict[str, Any]:
    return Client().get(f"{API}/schema/").json()


def addresses(routes: Sequence[Any], start: str = "") -> Iterator[tuple[str, str]]:
    """Return each address and its name."""
    for route in routes:
        if isinstance(route, URLResolver):
            yield from addresses(route.url_patterns, start + str(route.pattern))
        else:
            yield start + str(route.pattern), route.name


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid_openapi_3_1():
    assert schema()["openapi"].startswith("3.1")
    validate_schema(schema())


def test_it_tells_every_address():
    described = {re.sub(r"{\w+}", "{}", path) for path in schema()["paths"]}
    ours = {
        "/api/v1/" + re.sub(r"<\w+:\w+>", "{}", address)
        for address, name in addresses(urlpatterns)
        if name not in UNDESCRIBED
    }
    assert described == ours


def test_each_operation_has_a_description_and_says_how_it_fails():
    for path, method, operation in operations():
        assert operation.get("description"), (path, method)
        assert "application/problem+json" in operation["responses"]["default"]["content"], (path, method)
        assert operation["security"], (path, method)


def test_a_target_of_messages_is_of_one_of_two_kinds():
    targets = [shape for name, shape in schema()["components"]["schemas"].items() if name.startswith("Target")]
    kinds = [shape["properties"]["kind"] for shape in targets if "kind" in shape["properties"]]
    assert kinds
    for kind in kinds:
        named = schema()["components"]["schemas"][kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind
        assert sorted(named["enum"]) == ["email", "webhook"]


def test_every_list_says_how_to_go_on():
    pages = []
    for path, _, operation in operations():
        names = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
        shape = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if "PageOf" in shape.get("$ref", ""):
            assert names - {"state"} == {"size", "after"}, path
            pages.append(path)
    assert len(pages) >= 8


@pytest.mark.parametrize(
    "place", ["", "nothing/", "accounts", "accounts/1/nothing/", "action-executions/x/log/", "%00"]
)
def test_an_address_of_nothing_is_a_problem_document_to_everybody(place):
    for client in (Client(), bearer("hrt_bad")):
        problem_of(client.get(f"{API}/{place}"), 404)
        problem_of(client.post(f"{API}/{place}", {}, content_type="application/json"), 404)


def test_whoever_has_not_signed_in_is_refused_everywhere():
    for path, method, _ in operations():
        there = re.sub(r"{\w*id}", "00000000-0000-0000-0000-000000000000", path)
        answer = getattr(Client(), method)(re.sub(r"{\w+}", "x", there))
        problem_of(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_method_that_is_not_offered_is_refused():
    account = make_account()
    client = bearer(token_for(make_member(account)))
    for path, methods in schema()["paths"].items():
        there = re.sub(r"{\w*id}", "00000000-0000-0000-0000-000000000000", path.replace("{account}", account.number))
        there = re.sub(r"{\w+}", "x", there)
        for method in {"get", "post", "put", "patch", "delete", "options"} - methods.keys():
            problem_of(getattr(client, method)(there), 405)


@pytest.mark.parametrize("host", ["evil.example", "a b", "[::1"])
def test_a_foreign_host_is_a_problem_document_too(host):
    problem_of(Client(headers={"Host": host}).get(f"{API}/accounts/"), 400)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)
MEMBERS = [
    *("principal", "role", "policy", "action_types", "name", "account", "days", "x"),
    *("targets", "secret", "event_types", "pipelines", "detail", "pipeline", "expression"),
]
BODIES = VALUES | st.dictionaries(st.sampled_from(MEMBERS), VALUES | st.sampled_from(["admin", "viewer", 10**30]))
QUERIES = st.dictionaries(st.sampled_from(["size", "after", "start", "state", "x"]), st.text(max_size=30), max_size=2)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_breaks_the_service(fuzzed, data):
    """Shows T-29's wrong types: every answer is described, and none is a fault of ours."""
    client, account = fuzzed
    path, method, _ = data.draw(st.sampled_from(sorted(operations(), key=lambda each: each[:2])))
    choices = {"account": [account.number, *STRANGE]}
    for name in re.findall(r"{(\w+)}", path):
        path = path.replace(f"{{{name}}}", data.draw(st.sampled_from(choices.get(name, STRANGE))))
    query = data.draw(QUERIES)
    extra = {} if method == "get" else {"data": json.dumps(data.draw(BODIES)), "content_type": "application/json"}
    answer = getattr(client, method)(path, query_params=query, **extra)
    if answer.status_code >= 400:
        problem_of(answer, answer.status_code)
    assert answer.status_code < 500


@pytest.fixture
def fuzzed():
    account = make_account()
    return in_session(make_member(account)), account


def test_the_page_for_people_holds_no_script_of_its_own():
    answer = Client().get(f"{API}/docs/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert "default-src 'self'" in answer["Content-Security-Policy"]
