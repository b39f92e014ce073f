"""Histories that were recorded with their decisions: this version of the engine decides the same."""

import json
from pathlib import Path

import pytest

from tests.simulation.test_simulation import simulate

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json"))


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_what_was_decided_once_is_decided_again(recording):
    """INV-30: a stored history replays through this version of the engine with the same decisions.

    On SQLite, where they were recorded: of jobs that have waited equally long, each database names another first.
    """
    done = simulate("--replay", str(recording), on_sqlite=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_decision_is_seen_in_a_recording(tmp_path):
    kept = json.loads(RECORDINGS[0].read_text())
    number = next(at for at, line in enumerate(kept["decisions"]) if " StageSucceeded " in line)
    kept["decisions"][number] = kept["decisions"][number].replace("StageSucceeded", "StageFailed")
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(kept))
    done = simulate("--replay", str(changed), on_sqlite=True)
    assert done.returncode == 1
    assert f"INV-30: decision {number + 1} was" in done.stdout
