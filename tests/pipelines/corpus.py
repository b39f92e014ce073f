"""Definitions that others wrote. They lie beside the checkout, in ../shared/corpus, for most state no licence.

Where they are missing, their tests are skipped, but not in continuous integration: there they fail.
"""

import csv
import os
from pathlib import Path

import pytest

from tests.running import ROOT

FOLDER = ROOT.parent / "shared" / "corpus" / "definitions"
TABLES = Path(__file__).parent / "tables"


def needs_corpus() -> None:
    """Skip the test where the corpus is not there. Fails in continuous integration."""
    if not FOLDER.is_dir():
        told = f"The corpus of definitions is not at {FOLDER}."
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of expectations."""
    with (TABLES / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
