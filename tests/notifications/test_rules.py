"""Which rules can be made, with which targets."""

import base64

import pytest

from apps.notifications.errors import RuleInvalid, RuleNotFound, SecretInvalid, TargetInvalid, TooManyRules
from apps.notifications.models import NotificationRule, Target
from apps.notifications.selectors import rules_of
from apps.notifications.services import change_rule, delete_rule
from tests.factories import NOW, make_account
from tests.notifications.making import URL, make_rule

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def account():
    return make_account()


def test_a_new_webhook_gets_a_secret_that_is_sealed(account):
    made = make_rule(account)
    target = Target.objects.get(account=account)
    assert made.secrets[URL].startswith("whsec_")
    assert target.secret_in_clear() == made.secrets[URL]
    assert made.secrets[URL] not in target.sealed_secret


def test_a_secret_of_ones_own_is_taken(account):
    assert make_rule(account, secret=SECRET).secrets == {URL: SECRET}


def test_the_secret_of_a_webhook_that_is_there_is_not_told_again(account):
    make_rule(account)
    assert make_rule(account, name="Another").secrets == {}
    assert Target.objects.count() == 1


def test_accounts_do_not_share_targets(account):
    assert make_rule(account).secrets != make_rule(make_account("Stranger")).secrets


def test_a_rule_has_an_arn_of_its_account(account):
    rule = make_rule(account).rule
    start = f"arn:aws:codestar-notifications:us-east-1:{account.number}:notificationrule/"
    assert rule.arn == start + rule.pk.hex


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"name": ""}, "is no name of a rule"),
        ({"name": "a" * 65}, "is no name of a rule"),
        ({"event_types": []}, "names no event type"),
        ({"event_types": ["pipeline-failed"]}, "'pipeline-failed' is no event type"),
        ({"pipelines": ["a b"]}, "'a b' names no pipeline"),
        ({"pipelines": ["[ab]"]}, "names no pipeline"),
        ({"detail": "SOME"}, "Use BASIC or FULL"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(account, members, says):
    with pytest.raises(RuleInvalid, match=says):
        make_rule(account, **members)
    assert not NotificationRule.objects.exists()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"targets": []}, "The rule 'All' has 0 targets"),
        ({"targets": [f"{URL}/{number}" for number in range(11)]}, "The rule 'All' has 11 targets"),
        ({"targets": ["ftp://example.com/x"]}, "must begin with https:// or http://"),
        ({"targets": ["http://127.0.0.1:8080/"]}, "which is not public"),
        ({"targets": ["http://169.254.169.254/latest"]}, "which is not public"),
        ({"targets": ["http://[::1]/"]}, "which is not public"),
        ({"targets": ["http://ada:secret@example.com/"]}, "user name or a password"),
        ({"targets": ["https://example.com/" + "a" * 2000]}, "more than 2000 characters"),
        ({"targets": ["nobody"]}, "neither a URL nor an e-mail address"),
    ],
)
def test_a_target_that_nothing_may_go_to_is_refused(account, members, says):
    with pytest.raises(TargetInvalid, match=says):
        make_rule(account, **members)
    assert not Target.objects.exists()


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!", base64.b64encode(b"s" * 32).decode()])
def test_a_secret_that_signs_nothing_is_refused(account, secret):
    with pytest.raises(SecretInvalid, match="24 to 64 bytes"):
        make_rule(account, secret=secret)
    assert not Target.objects.exists()


def test_a_rule_is_not_changed_to_what_it_could_not_be_made_with(account):
    rule = make_rule(account).rule
    for members in ({"targets": []}, {"targets": ["nobody"]}, {"secret": "whsec_"}):
        with pytest.raises(TargetInvalid):
            change_rule(
                account, rule.pk, **{"name": "All", "event_types": ["*"], "targets": [URL], "now": NOW} | members
            )
    assert [target.address for target in rule.targets.all()] == [URL]


def test_an_email_address_is_refused_without_a_mail_server_and_taken_with_one(account, settings):
    settings.EMAIL_HOST = ""
    with pytest.raises(TargetInvalid, match="HEADRACE_EMAIL_HOST"):
        make_rule(account, targets=["ada@example.com"])
    settings.EMAIL_HOST = "mail.example.com"
    assert make_rule(account, targets=["ada@example.com"]).secrets == {}


def test_a_name_is_taken_once_in_an_account(account):
    make_rule(account)
    with pytest.raises(RuleInvalid, match="already"):
        make_rule(account)
    make_rule(make_account("Stranger"))


def test_an_account_has_so_many_rules_at_most(account, monkeypatch):
    monkeypatch.setattr("apps.notifications.services.rules.MOST_RULES", 1)
    make_rule(account)
    with pytest.raises(TooManyRules):
        make_rule(account, name="Another")


def test_a_rule_is_deleted_by_its_account_only(account):
    make_rule(account)
    with pytest.raises(RuleNotFound):
        delete_rule(make_account("Stranger"), "All")
    assert [rule.name for rule in rules_of(account)] == ["All"]
    delete_rule(account, "All")
    assert rules_of(account) == []
