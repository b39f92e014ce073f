import re

from .source import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
PARTS = ("## Context", "## Decision", "## Consequences", "## Alternatives")


def test_each_decision_has_a_number_of_its_own():
    numbers = [path.name[:4] for path in PAGES]
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name) for path in PAGES)
    assert len(set(numbers)) == len(numbers)


def test_the_index_lists_every_decision():
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (FOLDER / "README.md").read_text())
    assert sorted(listed) == [path.name for path in PAGES]


def test_each_decision_has_its_four_parts():
    assert [path.name for path in PAGES if not all(part in path.read_text() for part in PARTS)] == []
