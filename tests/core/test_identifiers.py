"""Identifiers, names, tags and times in the form that others rely on."""

import re
from datetime import UTC

import pytest

from apps.core import arns, clock, ids
from apps.core.tags import InvalidTags, TooManyTags, as_pairs, tags_of

ARN = "arn:aws:codepipeline:us-east-1:111122223333:web"


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (ids.new_account_number, r"[1-9]\d{11}"),
        (ids.new_access_key_id, r"AKIA[A-Z2-7]{16}"),
        (lambda: ids.new_access_key_id("ASIA"), r"ASIA[A-Z2-7]{16}"),
        (ids.new_secret_access_key, r"[A-Za-z0-9+/]{40}"),
        (ids.new_nonce, r"\d{20}"),
        (ids.new_key_part, r"[A-Za-z0-9]{7}"),
        (ids.new_token, r"[\w-]{32}"),
    ],
)
def test_a_random_value_has_its_form_and_does_not_come_twice(make, form):
    made = {make() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(form, value) for value in made)


def test_arns_name_the_region_of_the_deployment(settings):
    settings.REGION = "eu-central-1"
    assert arns.pipeline_arn("1" * 12, "web") == "arn:aws:codepipeline:eu-central-1:111111111111:web"
    assert arns.action_type_arn("1" * 12, "Build", "Bench", "1").endswith(":actiontype:Custom/Build/Bench/1")
    assert arns.webhook_arn("1" * 12, "push").endswith("eu-central-1:111111111111:webhook:push")
    assert arns.user_arn("1" * 12, "ann") == "arn:aws:iam::111111111111:user/ann"


def test_the_time_is_utc_and_has_milliseconds_at_most():
    for moment in (clock.now(), clock.now()):
        assert moment.tzinfo is UTC
        assert moment.microsecond % 1000 == 0


@pytest.mark.django_db
def test_the_databases_clock_agrees_with_ours_on_one_machine():
    before = clock.now()
    moment = clock.database_now()
    assert moment.tzinfo is UTC
    assert abs((moment - before).total_seconds()) < 5


def test_tags_are_kept_by_key_and_shown_sorted():
    kept = tags_of([{"key": "team", "value": "a b"}, {"key": "cost", "value": ""}], arn=ARN)
    assert as_pairs(kept) == [{"key": "cost", "value": ""}, {"key": "team", "value": "a b"}]


def test_the_last_of_two_tags_with_one_key_counts():
    assert tags_of([{"key": "k", "value": "1"}, {"key": "k", "value": "2"}], arn=ARN) == {"k": "2"}


@pytest.mark.parametrize("key", ["aws:x", "AWS:x", "aws:"])
def test_tags_of_the_system_are_refused(key):
    with pytest.raises(InvalidTags, match="system tags"):
        tags_of([{"key": key, "value": ""}], arn=ARN)


@pytest.mark.parametrize("pair", [{"key": "a<b", "value": ""}, {"key": "a", "value": "x;y"}])
def test_a_character_that_tags_may_not_hold_is_refused(pair):
    with pytest.raises(InvalidTags, match="character"):
        tags_of([pair], arn=ARN)


def test_fifty_tags_are_the_most():
    pairs = [{"key": f"k{number}", "value": ""} for number in range(51)]
    assert len(tags_of(pairs[:50], arn=ARN)) == 50
    with pytest.raises(TooManyTags, match=re.escape(ARN)):
        tags_of(pairs, arn=ARN)
