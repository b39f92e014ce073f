"""Notification rules, topics, targets and deliveries over REST: made, listed, changed, sent again, by admins only."""

from uuid import uuid4

import pytest

from apps.notifications.models import Delivery, NotificationRule, Target, Topic
from apps.notifications.services import create_topic
from apps.tenancy.roles import Role
from tests.factories import NOW, make_account, make_pipeline
from tests.notifications.making import URL, attempt, hand_on, make_rule
from tests.notifications.test_delivering import GONE
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db
OTHER_URL = "https://other.invalid/"
RULE = {"name": "Failed releases", "targets": [URL], "event_types": ["*"], "pipelines": ["shop-*"], "detail": "BASIC"}


@pytest.fixture
def account():
    return make_account()


def place(account, path: str) -> str:
    return f"{API}/accounts/{account.number}/{path}"


def dead_delivery(account) -> Delivery:
    """Return the first of three messages, given up; the others wait."""
    make_rule(account)
    make_pipeline(account=account)
    first = hand_on()[0]
    attempt(first, GONE)
    first.refresh_from_db()
    return first


def test_a_rule_is_made_and_its_secrets_shown_this_once(account):
    client = asking(account)
    answer = client.post(place(account, "notification-rules/"), RULE)
    made = answer.json()
    assert answer.status_code == 201, made
    secret = made.pop("secrets")[URL]
    assert Target.objects.get().secret_in_clear() == secret
    assert client.get(place(account, f"notification-rules/{made['id']}/")).json() == made
    assert {**made, "targets": [each["address"] for each in made["targets"]]}.items() >= RULE.items()
    for path in ("notification-rules/", f"notification-rules/{made['id']}/", "notification-targets/"):
        assert secret not in client.get(place(account, path)).content.decode()


def test_a_rule_is_changed_and_deleted(account):
    client, rule = asking(account), make_rule(account).rule
    path = place(account, f"notification-rules/{rule.pk}/")
    changed = client.put(path, {"name": "Two", "targets": [URL, OTHER_URL], "pipelines": ["web"]}).json()
    assert list(changed["secrets"]) == [OTHER_URL]
    assert (changed["name"], changed["pipelines"], len(changed["targets"])) == ("Two", ["web"], 2)
    assert client.put(path, {"name": "Two", "targets": [OTHER_URL]}).json()["secrets"] == {}
    assert client.delete(path).status_code == 204
    problem_of(client.get(path), 404)
    assert Target.objects.count() == 2


def test_a_topic_is_made_changed_and_deleted(account):
    client = asking(account)
    made = client.post(place(account, "notification-topics/"), {"name": "reviews", "targets": [URL]}).json()
    assert list(made.pop("secrets")) == [URL]
    assert made["arn"] == f"arn:aws:sns:us-east-1:{account.number}:reviews"
    path = place(account, "notification-topics/reviews/")
    assert client.get(path).json() == made
    assert list(client.put(path, {"targets": [OTHER_URL]}).json()["secrets"]) == [OTHER_URL]
    assert [each["address"] for each in client.get(path).json()["targets"]] == [OTHER_URL]
    assert client.delete(path).status_code == 204
    problem_of(client.get(path), 404)


def test_a_webhook_gets_a_new_secret_which_is_shown_this_once(account):
    make_rule(account)
    target, client = Target.objects.get(), asking(account)
    earlier = target.secret_in_clear()
    answer = client.post(place(account, f"notification-targets/{target.pk}/secret/"))
    target.refresh_from_db()
    assert answer.status_code == 201
    assert answer.json()["secret"] == target.secret_in_clear() != earlier


def test_a_mailbox_has_no_secret(account, settings):
    settings.EMAIL_HOST = "mail.invalid"
    make_rule(account, targets=["ada@example.com"])
    answer = asking(account).post(place(account, f"notification-targets/{Target.objects.get().pk}/secret/"))
    assert pointers(answer) == ["#/targets"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "x" * 65}, ["#/name"]),
        ({"name": "a/b"}, ["#"]),
        ({"targets": []}, ["#/targets"]),
        ({"targets": [URL] * 11}, ["#/targets"]),
        ({"targets": ["http://127.0.0.1/"]}, ["#/targets"]),
        ({"targets": ["nobody"]}, ["#/targets"]),
        ({"targets": URL}, ["#/targets"]),
        ({"event_types": ["pipeline-failed"]}, ["#"]),
        ({"pipelines": ["a b"]}, ["#"]),
        ({"detail": "SOME"}, ["#/detail"]),
        ({"secret": "short"}, ["#/secret"]),
        ({"colour": "red", "account": 1}, ["#/account", "#/colour"]),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_the_member_to_blame(account, change, expected):
    rule, client = make_rule(account, name="Kept").rule, asking(account)
    assert pointers(client.post(place(account, "notification-rules/"), RULE | change)) == expected
    assert pointers(client.put(place(account, f"notification-rules/{rule.pk}/"), RULE | change)) == expected
    assert NotificationRule.objects.get().name == "Kept"


def test_two_rules_do_not_share_a_name(account):
    rule, client = make_rule(account, name="One").rule, asking(account)
    make_rule(account, name="Two")
    assert pointers(client.post(place(account, "notification-rules/"), RULE | {"name": "One"})) == ["#"]
    path = place(account, f"notification-rules/{rule.pk}/")
    assert pointers(client.put(path, RULE | {"name": "Two"})) == ["#"]
    assert client.put(path, RULE | {"name": "One"}).status_code == 200


def test_dead_messages_are_found_read_and_sent_again(account):
    client, dead = asking(account), dead_delivery(account)
    found = client.get(place(account, "deliveries/"), {"state": "Dead"}).json()["items"]
    assert [(each["id"], each["attempts"], each["last_error"]) for each in found] == [
        (str(dead.message_id), 1, "It answered 410.")
    ]
    whole = client.get(place(account, f"deliveries/{dead.message_id}/")).json()
    assert whole == found[0] | {"body": dead.body}
    answer = client.post(place(account, f"deliveries/{dead.message_id}/resend/"))
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (202, "Pending", 0)
    again = problem_of(client.post(place(account, f"deliveries/{dead.message_id}/resend/")), 409)
    assert "Only a dead one can be sent again" in again["detail"]
    assert client.get(place(account, "deliveries/"), {"state": "Dead"}).json()["items"] == []


def test_deliveries_come_page_by_page_newest_first(account):
    dead_delivery(account)
    client = asking(account)
    whole = [each["id"] for each in client.get(place(account, "deliveries/")).json()["items"]]
    paged, after = [], {}
    while after is not None:
        page = client.get(place(account, "deliveries/"), {"size": 2, **after}).json()
        paged += [each["id"] for each in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert paged == whole == [str(row.message_id) for row in Delivery.objects.order_by("-pk")]
    token = client.get(place(account, "deliveries/"), {"size": 1}).json()["next"]
    assert pointers(client.get(place(account, "deliveries/"), {"after": token, "state": "Dead"})) == ["#/after"]
    assert pointers(client.get(place(account, "deliveries/"), {"state": "Lost"})) == ["#/state"]


def test_rules_and_topics_come_page_by_page_by_name(account):
    client = asking(account)
    for name in ("b", "a", "c"):
        make_rule(account, name=name)
        create_topic(account, name=name, targets=[URL], now=NOW)
    for path in ("notification-rules/", "notification-topics/"):
        first = client.get(place(account, path), {"size": 2}).json()
        rest = client.get(place(account, path), {"size": 2, "after": first["next"]}).json()
        assert [each["name"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
        assert rest["next"] is None


def every_call(client, account, rule, target, message) -> list:
    """Try everything that can be done with these things, named by their ids, in this account."""
    rules, topics = place(account, "notification-rules/"), place(account, "notification-topics/")
    return [
        client.get(f"{rules}{rule}/"),
        client.put(f"{rules}{rule}/", RULE),
        client.delete(f"{rules}{rule}/"),
        client.get(f"{topics}reviews/"),
        client.put(f"{topics}reviews/", {"targets": [URL]}),
        client.delete(f"{topics}reviews/"),
        client.post(place(account, f"notification-targets/{target}/secret/")),
        client.get(place(account, f"deliveries/{message}/")),
        client.post(place(account, f"deliveries/{message}/resend/")),
    ]


def lists(client, account) -> list:
    paths = ("notification-rules/", "notification-topics/", "notification-targets/", "deliveries/")
    return [client.get(place(account, path)) for path in paths]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER, Role.RELEASER])
def test_only_an_admin_sees_and_changes_them(account, role):
    create_topic(account, name="reviews", targets=[URL], now=NOW)
    dead, client = dead_delivery(account), asking(account, role)
    secret = dead.target.secret_in_clear()
    rule = NotificationRule.objects.get()
    for answer in (
        *every_call(client, account, rule.pk, dead.target_id, dead.message_id),
        *lists(client, account),
        client.post(place(account, "notification-rules/"), RULE),
        client.post(place(account, "notification-topics/"), {"name": "x", "targets": [URL]}),
    ):
        problem_of(answer, 403)
    dead.refresh_from_db()
    assert (dead.state, Target.objects.get().secret_in_clear()) == ("Dead", secret)
    assert (NotificationRule.objects.count(), Topic.objects.count()) == (1, 1)


def test_those_of_another_account_are_not_there(account):
    create_topic(account, name="reviews", targets=[URL], now=NOW)
    dead, other = dead_delivery(account), make_account("Umbrella")
    rule, client = NotificationRule.objects.get(), asking(other)
    theirs = [rule.pk, dead.target_id, dead.message_id]
    nobodys = [uuid4(), uuid4(), uuid4()]
    named = every_call(client, other, *theirs)
    missing = every_call(client, other, *nobodys)
    for seen, expected in zip(named, missing, strict=True):
        detail = problem_of(seen, 404)["detail"]
        for id_, absent in zip(theirs, nobodys, strict=True):
            detail = detail.replace(str(id_), str(absent))
        assert detail == problem_of(expected, 404)["detail"]
    assert [answer.json()["items"] for answer in lists(client, other)] == [[], [], [], []]
    dead.refresh_from_db()
    assert dead.state == "Dead"


@pytest.mark.parametrize("count", [1, 5])
def test_lists_take_the_same_queries_however_long_they_are(account, count, django_assert_num_queries):
    client = asking(account)
    for number in range(count):
        targets = [f"{URL}/{number}"]
        make_rule(account, name=f"r{number}", targets=targets)
        create_topic(account, name=f"t{number}", targets=targets, now=NOW)
    make_pipeline(account=account)
    hand_on()
    for path, queries in (
        ("notification-rules/", 4),
        ("notification-topics/", 4),
        ("notification-targets/", 3),
        ("deliveries/", 3),
    ):
        with django_assert_num_queries(queries):
            assert len(client.get(place(account, path)).json()["items"]) >= count
