"""Each threat, fault and invariant is shown by tests that exist, or its absence has a reason."""

import subprocess
import sys

import pytest

from tests.running import ROOT
from tests.security.coverage import TABLES
from tests.security.rows import exists
from tests.simulation.checks import CHECKS

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)


@every_table
def test_every_row_is_shown_or_open_with_a_reason(table):
    assert sorted(set(table.every()) - table.shown.keys() - table.open.keys()) == []
    assert sorted((table.shown.keys() | table.open.keys()) - set(table.every())) == []
    assert all(table.open.values())


@every_table
def test_every_test_that_is_named_exists(table):
    named = {test for tests in table.shown.values() for test in tests}
    assert sorted(test for test in named if not exists(test)) == []


def test_a_test_that_does_not_exist_is_noticed():
    assert exists("security/test_tables.py::test_a_test_that_does_not_exist_is_noticed")
    assert not exists("security/test_tables.py::test_of_nothing")
    assert not exists("security/no_such_file.py::test_of_nothing")


def test_what_the_simulation_checks_counts_as_shown():
    invariants = TABLES[2]
    checked = {word for names in CHECKS for word in names.split(", ") if word.startswith("INV-")}
    assert sorted(checked - invariants.shown.keys()) == []


def test_the_script_prints_what_is_shown_and_what_is_open():
    command = [sys.executable, "-m", "tests.security.coverage", "--tests"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for table in TABLES:
        assert f"{table.title}: {len(table.covered())} / {table.total} shown" in printed
        for row, reason in table.open.items():
            assert row in printed
            assert reason in printed
