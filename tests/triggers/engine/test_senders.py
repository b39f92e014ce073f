"""How each host shows that it knows a secret, and names a delivery."""

import hashlib
import json

import pytest

from apps.triggers.engine.senders import CHECKS, DELIVERIES, deliveries_of, is_from
from tests.triggers.hooks import signed

BODY, SECRET = b'{"ref": "refs/heads/main"}', "a-long-webhook-secret"
SHOWN = {
    "GitHub": {"x-hub-signature-256": signed(BODY, SECRET)},
    "GitLab": {"x-gitlab-token": SECRET},
    "Gitea": {"x-gitea-signature": signed(BODY, SECRET).removeprefix("sha256=")},
    "Bitbucket": {"x-hub-signature": signed(BODY, SECRET)},
    "Git": {"x-hub-signature-256": signed(BODY, SECRET)},
}
EVERY = [(host, header) for host, (header, _) in CHECKS.items()]


@pytest.mark.parametrize("host", CHECKS)
def test_a_host_that_knows_the_secret_is_believed(host):
    assert is_from(host, SHOWN[host], BODY, SECRET)


@pytest.mark.parametrize(("host", "header"), EVERY)
@pytest.mark.parametrize(
    "given",
    ["", "x", "sha256=", "sha256=00", "sha1=00", SECRET[:-1], signed(BODY, "another"), signed(BODY, SECRET, "sha1"),
     signed(BODY, "another").removeprefix("sha256="), "sha256=\N{SNOWMAN}"],
)  # fmt: skip
def test_what_shows_something_else_is_not(host, header, given):
    assert not is_from(host, {header: given}, BODY, SECRET)


@pytest.mark.parametrize("host", CHECKS)
def test_a_changed_body_no_header_and_no_secret_are_refused(host):
    assert not is_from(host, {}, BODY, SECRET)
    assert not is_from(host, SHOWN[host], BODY, "")
    if host != "GitLab":  # whose token does not cover the body
        assert not is_from(host, SHOWN[host], BODY + b" ", SECRET)


@pytest.mark.parametrize("host", CHECKS)
def test_the_proof_of_another_host_is_none(host):
    shown = {name: value for other, headers in SHOWN.items() if other != host for name, value in headers.items()}
    shown.pop(CHECKS[host][0], None)
    assert not is_from(host, shown, BODY, SECRET)


@pytest.mark.parametrize("host", DELIVERIES)
def test_a_delivery_has_the_hosts_id_or_that_of_its_bytes(host):
    assert deliveries_of(host, "push", {DELIVERIES[host][-1]: "72d3162e"}, BODY, json.loads(BODY)) == ("72d3162e",)
    assert deliveries_of(host, "push", {}, BODY, json.loads(BODY)) == (hashlib.sha256(BODY).hexdigest(),)


@pytest.mark.parametrize("document", [{}, [], None, "x", {"repository": "x"}, {"repository": {"pushed_at": ""}}])
def test_a_body_that_tells_no_moment_names_no_delivery(document):
    assert deliveries_of("GitHub", "push", {"x-github-delivery": "1"}, BODY, document) == ("1",)


def test_a_body_that_tells_its_moment_names_a_delivery_beside_the_hosts_id():
    told = {"repository": {"pushed_at": 1_896_080_400}}
    both = ("1", hashlib.sha256(BODY).hexdigest())
    assert deliveries_of("GitHub", "push", {"x-github-delivery": "1"}, BODY, told) == both
    assert deliveries_of("GitHub", "create", {"x-github-delivery": "1"}, BODY, told) == ("1",)
    assert deliveries_of("Gitea", "push", {"x-gitea-delivery": "1"}, BODY, told) == ("1",)


def test_gitlab_names_a_retry_like_its_first_try():
    headers = {"idempotency-key": "same", "x-gitlab-event-uuid": "other"}
    assert deliveries_of("GitLab", "Push Hook", headers, BODY, json.loads(BODY)) == ("same",)
