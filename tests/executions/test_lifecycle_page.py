"""docs/engine.md says what the tables say, and finds each rule where it stands."""

import ast
import importlib
from functools import reduce
from pathlib import Path

import pytest

from apps.awsapi.operations.words import WIRE_STATES
from apps.executions import engine
from apps.executions.engine.lifecycle import ExecutionState, StageState
from apps.executions.lifecycle_page import page
from apps.executions.lifecycle_page.diagrams import LIFECYCLES, diagram, final_states
from apps.executions.lifecycle_page.page import module_of
from apps.executions.lifecycle_page.rules import BESIDE, RULES, SECTIONS
from tests.compat.statements import numbers

ENGINE = Path(engine.__file__).parent
PAGE = ENGINE.parents[2] / "docs" / "engine.md"
DECIDING = ("decide", "requests", "retrying", "rollback", "stage", "conditions")
# What these only pass on is decided elsewhere; the last says how a condition stands and decides nothing.
PASSING_ON = {"decide", "_take_in", "_step", "_go_on", "retry", "has_passed"}


def test_the_page_is_what_the_tables_say():
    command = "python -m apps.executions.lifecycle_page > docs/engine.md"
    assert PAGE.read_text() == page(), f"A table changed. Write the page anew: {command}"


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda each: each.table)
def test_a_diagram_has_each_move_and_each_state(lifecycle):
    drawn = diagram(lifecycle)
    arrows = [line.strip().partition(": ") for line in drawn.splitlines() if ": " in line]
    found = {(arrow, cause) for arrow, _, causes in arrows for cause in causes.split("<br>")}
    moves = {(f"{state} --> {after}", str(cause)) for (state, cause), after in lifecycle.moves.items()}
    assert found == moves | {(f"[*] --> {next(iter(lifecycle.states))}", lifecycle.begins)}
    assert {state for state in lifecycle.states if state not in drawn} == set()


def test_what_is_final_is_what_codepipeline_ends_with():
    finals = {each.table: set(final_states(each)) for each in LIFECYCLES}
    assert finals["EXECUTION_MOVES"] == {ExecutionState.SUCCEEDED, ExecutionState.SUPERSEDED, ExecutionState.CANCELLED}
    assert finals["STAGE_MOVES"] == {StageState.SUCCEEDED, StageState.CANCELLED, StageState.SKIPPED}


def test_states_of_ours_are_said_as_the_wire_says_them():
    own = {state: word for each in LIFECYCLES for state, word in each.own_words.items()}
    assert own == WIRE_STATES


@pytest.mark.parametrize("rule", [*RULES, *BESIDE], ids=lambda rule: rule.where)
def test_a_rule_is_found_where_the_page_says(rule):
    module, name = module_of(rule.where)
    assert reduce(getattr, name.split("."), importlib.import_module(module))
    assert rule.section in SECTIONS


def test_every_function_that_decides_has_its_rule():
    named = {rule.where for rule in RULES}
    functions = {
        f"{module}:{node.name}"
        for module in DECIDING
        for node in ast.parse((ENGINE / f"{module}.py").read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name not in PASSING_ON
    }
    assert functions - named == set()


def test_the_statements_of_the_engine_are_all_there():
    """Retry to conditions, as far as an answer does not only concern its form."""
    of_form = {89, 92, 98, 100, 108, 127, 128}
    expected = set(range(81, 129)) - of_form
    assert expected - numbers(" ".join(rule.shown_by for rule in [*RULES, *BESIDE])) == set()
