"""The simulation as a test: seeds of our own here, changing ones in CI; every bug it ever found stays found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def simulate(*words: str, on_sqlite: bool = False) -> subprocess.CompletedProcess[str]:
    """Run it by itself, for it fills and empties its database as it likes."""
    left_out = {"HEADRACE_DATA_DIR", "HEADRACE_DATABASE_URL"} if on_sqlite else {"HEADRACE_DATA_DIR"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_every_invariant_holds_for_a_few_seeds():
    done = simulate("--seeds", "4", "--steps", "60", "--first", "1")
    assert "240 steps" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
def test_a_bug_once_found_stays_mended(history):
    done = simulate("--replay", str(history))
    assert done.returncode == 0, json.loads(history.read_text())["problem"] + "\n" + done.stdout + done.stderr


def test_a_mutated_engine_is_caught_and_its_history_is_short():
    done = simulate("--mutation", "stage lock dropped", "--seeds", "40", "--steps", "120", "--first", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "INV-13" in done.stdout
    assert "A history of " in done.stdout
