"""No file names a machine of ours or a package registry: a clone works anywhere, from any mirror."""

import re

import pytest

from .source import relative, tracked_files

# Written so that this file does not match itself.
REGISTRIES = (
    r"py[p]i\.org",
    r"python[h]osted\.org",
    r"registry\.npm[j]s",
    r"docker[.]io",
    r"gh[c]r\.io",
    r"crates[.]io",
)
PATHS = (
    r"(?<![\w.~-])/wor[k]/(main|shared)\b",
    r"/op[t]/(pypi|wheels)\b",
    r"/(roo[t]|home/\w+)/\.(pyenv|cargo|cache)\b",
)
FORBIDDEN = re.compile("|".join((*REGISTRIES, *PATHS)))
BINARY = {".png", ".jpg", ".ico", ".woff2", ".zip", ".gz", ".mo"}


def findings(text: str) -> list[str]:
    return [
        f"line {number}: {found[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        for found in FORBIDDEN.finditer(line)
    ]


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    found = []
    for path in tracked_files():
        if path.suffix not in BINARY:
            found += [f"{relative(path)} {each}" for each in findings(path.read_text(errors="replace"))]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ["--index-url https://" + "pypi" + ".org/simple", "cd /work" + "/main", "FROM docker" + ".io/library/python"],
)
def test_such_a_name_is_seen(line):
    assert len(findings(line)) == 1


def test_lock_files_hold_a_hash_for_every_package():
    for path in tracked_files():
        if path.parent.name == "requirements":
            entries = re.findall(r"^[a-z0-9.\[\]-]+==.*?(?=^[a-z]|\Z)", path.read_text(), flags=re.M | re.S)
            assert entries, path
            assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
