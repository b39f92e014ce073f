"""Every definition of the corpus is accepted, or refused for a reason that CodePipeline would give too.

The table names each file, the region that its pipeline lives in, and what is said: nothing, or the exception and a part
of its text. Many were made from templates whose parameters have no values, so a placeholder stands where an ARN should.
"""

import json
import re

import pytest

from apps.actions.catalogue import builtin_spec
from apps.awsapi.errors import to_aws
from apps.awsapi.shapes import parse_input
from apps.core.errors import HeadraceError
from apps.pipelines.structure import check
from tests.pipelines.corpus import FOLDER, needs_corpus, table

ROWS = table("definitions")
RULES = frozenset({"CloudWatchAlarm", "CodeBuild", "Commands", "DeploymentWindow", "LambdaInvoke", "VariableCheck"})


def answer(name: str, region: str) -> tuple[str, str]:
    """Return the exception and its text, both empty when the definition is accepted."""
    request = json.loads((FOLDER / "api" / f"{name}.json").read_text(encoding="utf-8"))
    owner = re.search(r":(\d{12}):", str(request["pipeline"].get("roleArn")))
    try:
        declaration = parse_input("CreatePipeline", request)["pipeline"]
        check(
            declaration,
            catalogue=builtin_spec,
            region=region,
            account_number=owner[1] if owner else "",
            rule_types=RULES,
        )
    except HeadraceError as error:
        told = to_aws(error)
        assert told is not None
        return told.code, told.message
    return "", ""


def test_the_table_names_every_definition():
    needs_corpus()
    assert [row["name"] for row in ROWS] == sorted(path.stem for path in (FOLDER / "api").glob("*.json"))


def test_most_are_accepted():
    assert sum(row["exception"] == "" for row in ROWS) >= 110


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_definition_is_answered_as_codepipeline_would(row):
    needs_corpus()
    exception, text = answer(row["name"], row["region"])
    assert exception == row["exception"], text
    assert row["text"] in text
