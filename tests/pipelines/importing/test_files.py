"""Every file of the corpus, as found: it is imported, or refused with what is missing or wrong named.

The table says for each: how many pipelines come out; or the names that `--set` asks for, and a part of any other
sentence; or a part of what is wrong with the file itself.
"""

import re
from pathlib import Path

import pytest

from apps.pipelines.importing import Imported, Surroundings, Unreadable, imported, read
from apps.pipelines.importing.functions import GAP
from tests.pipelines.corpus import FOLDER, needs_corpus, table

ROWS = table("templates")
ASKED = re.compile(r"--set (.+)=VALUE")


def file_of(row: dict[str, str]) -> Path:
    (found,) = (FOLDER / "raw").glob(f"{row['name']}__*")
    return found


def pipelines(path: Path, given: dict[str, str] | None = None) -> list[Imported]:
    surroundings = Surroundings("123456789012", "us-east-1", "stack", given or {}, keeps_encryption_keys=False)
    return imported(read(path.read_text(encoding="utf-8")), surroundings)


def asked(found: list[Imported]) -> set[str]:
    return {name for each in found for line in each.missing for name in ASKED.findall(line)}


def others(found: list[Imported]) -> set[str]:
    return {line for each in found for line in each.missing if not ASKED.search(line)}


def test_the_table_names_every_file():
    needs_corpus()
    assert [row["name"] for row in ROWS] == sorted(path.name.split("__")[0] for path in (FOLDER / "raw").iterdir())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_file_is_imported_or_says_what_is_missing(row):
    needs_corpus()
    if row["unreadable"]:
        with pytest.raises(Unreadable, match=re.escape(row["unreadable"])):
            pipelines(file_of(row))
        return
    found = pipelines(file_of(row))
    assert (len(found), asked(found)) == (int(row["pipelines"]), set(row["asked"].split()))
    assert sorted(others(found)) == [text for text in row["other"].split(" | ") if text]


@pytest.mark.parametrize("row", [row for row in ROWS if row["asked"]], ids=lambda row: row["name"])
def test_what_is_asked_for_is_enough(row):
    """Conditions may hold otherwise with the values, and ask for more; then that is given too."""
    needs_corpus()
    given: dict[str, str] = {}
    for _ in range(3):
        found = pipelines(file_of(row), given)
        given |= dict.fromkeys(asked(found), "given")
    assert asked(found) == set()
    assert all(GAP not in str(each.declaration) for each in found if not each.missing)
