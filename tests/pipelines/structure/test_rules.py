"""A row for each rule of reference section 3: the least definition that breaks it, and what is said of it."""

import pytest

from apps.core.errors import HeadraceError
from apps.pipelines.structure import FEATURES, RULES, check
from apps.pipelines.structure.check import definition_of
from tests.pipelines.structure.declarations import ACCOUNT, REGION, RULE_TYPES, catalogue
from tests.pipelines.structure.rows import actions, guards, pipelines, wiring
from tests.pipelines.structure.rows.accepted import ACCEPTED
from tests.pipelines.structure.rows.row import Row

ROWS = [*pipelines.ROWS, *actions.ROWS, *wiring.ROWS, *guards.ROWS]
NUMBERS = {str(number) for number in range(1, 49)}
ELSEWHERE = {"44"}  # a name is unique by a constraint of the database: tests/pipelines/test_definitions.py


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_definition_that_breaks_a_rule_is_refused_in_its_words(row: Row) -> None:
    with pytest.raises(row.error) as refusal:
        check(row.declaration, catalogue=catalogue, region=REGION, account_number=ACCOUNT, rule_types=RULE_TYPES)
    assert type(refusal.value) is row.error
    assert refusal.value.message == row.text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_it_breaks_no_other_rule(row: Row) -> None:
    definition = definition_of(
        row.declaration,
        catalogue=catalogue,
        region=REGION,
        account_number=ACCOUNT,
        previous=None,
        rule_types=RULE_TYPES,
        features=FEATURES,
    )
    broken = []
    for each in RULES:
        try:
            each(definition)
        except HeadraceError:
            broken.append(each.__name__)
    assert broken == [row.breaks]


@pytest.mark.parametrize("number", ACCEPTED)
def test_the_nearest_definition_that_keeps_to_a_rule_is_accepted(number: str) -> None:
    checked = check(ACCEPTED[number], catalogue=catalogue, region=REGION, account_number=ACCOUNT, rule_types=RULE_TYPES)
    assert checked["name"] == "release"


def test_every_rule_has_a_definition_that_is_refused_and_one_that_is_accepted() -> None:
    assert NUMBERS - {row.number.split()[0] for row in ROWS} == ELSEWHERE
    assert NUMBERS - ACCEPTED.keys() == ELSEWHERE


def test_every_rule_that_is_tried_is_broken_by_a_row_or_needs_a_missing_feature() -> None:
    tested_elsewhere = {"values_suit_properties", "conditions_are_offered", "triggers_are_offered"}
    assert {each.__name__ for each in RULES} == {row.breaks for row in ROWS} | tested_elsewhere
