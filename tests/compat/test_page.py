"""docs/compatibility.md says what the committed results say, and results are compared with fresh ones."""

import pytest

from tests.compat.page import PAGE, by_client, operations, page, unconfirmed
from tests.compat.results import COMMITTED, Result, passed, read_all, record

RESULT = Result("A client", "1.0", passed(["GetPipeline", "CreatePipeline"]), ["create"], [])


def test_the_page_is_made_from_the_committed_results():
    """Run `python -m tests.compat.page` after results have changed."""
    assert PAGE.read_text() == page(read_all().values())


def test_results_name_operations_that_there_are():
    for name, result in read_all().items():
        assert result.operations.keys() <= set(operations()), name
        assert list(result.operations) == sorted(result.operations), name


def test_results_are_written_where_they_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPAT_RESULTS", str(tmp_path / "fresh"))
    record("a", RESULT)
    assert read_all(tmp_path / "fresh") == {"a": RESULT}
    monkeypatch.delenv("COMPAT_RESULTS")
    record("none", RESULT)
    assert not (COMMITTED / "none.json").exists()


def test_what_one_client_showed_in_two_tests_stands_in_one_column():
    other = Result("A client", "1.0", {"CreatePipeline": "failed", "TagResource": "passed"}, ["tag"], ["A note."])
    for results in ([RESULT, other], [other, RESULT]):
        joined = by_client(results)["A client"]
        assert joined.operations == {"GetPipeline": "passed", "CreatePipeline": "failed", "TagResource": "passed"}
        assert sorted(joined.steps) == ["create", "tag"]
        assert joined.notes == ["A note."]


def test_an_operation_that_nobody_called_is_named():
    told = page([RESULT])
    assert "| GetPipeline | ✓ |" in told
    assert "| TagResource | · |" in told
    missing = [name for name in operations() if name not in RESULT.operations]
    assert f"Not exercised by any client: {', '.join(missing)}." in told


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        ({"a": RESULT}, []),
        ({}, ["a: there is no fresh result"]),
        (
            {"a": Result("A client", "1.1", passed(["GetPipeline", "TagResource"]))},
            [
                "a: version 1.0 is committed, 1.1 was tested",
                "a: CreatePipeline is committed as passed, and was not called",
                "a: step 'create' was not taken",
            ],
        ),
    ],
)
def test_what_a_fresh_run_does_not_confirm_is_told(fresh, expected):
    assert list(unconfirmed({"a": RESULT}, fresh)) == expected
