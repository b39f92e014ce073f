"""A row for each rule of reference section 3: the least definition that breaks it, and what is said of it."""

import pytest

from apps.core.errors import HeadraceError
from apps.pipelines.structure import FEATURES, RULES, check
from apps.pipelines.structure.check import definition_of
from tests.pipelines.structure.declarations import ACCOUNT, REGION, RULE_TYPES, catalogue
from tests.pipelines.structure.rows import actions, guards, pipelines, wiring
from tests.pipelines.structure.rows.row import Row

ROWS = [*pipelines.ROWS, *actions.ROWS, *wiring.ROWS, *guards.ROWS]
ELSEWHERE = {
    "5": "follows from rules 1, 3, 4 and 6",
    "44": "the name of a pipeline is unique by a constraint of the database",
}


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


def test_every_rule_has_a_row() -> None:
    numbers = {row.number.split()[0] for row in ROWS} | set(ELSEWHERE)
    assert {str(number) for number in range(1, 49)} <= numbers


def test_every_rule_that_is_tried_is_broken_by_a_row_or_needs_a_missing_feature() -> None:
    tested_elsewhere = {"values_suit_properties", "conditions_are_offered", "triggers_are_offered"}
    assert {each.__name__ for each in RULES} == {row.breaks for row in ROWS} | tested_elsewhere
