"""What pages load from other people is what its list says: each file, with its version, licence and hash."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "apps" / "portal" / "static" / "portal" / "vendor"
LIST = VENDOR / "VENDOR.toml"
FILES = tomllib.loads(LIST.read_text())["file"]
FACTS = {"path", "name", "version", "licence", "source", "sha256"}


def test_every_file_is_listed():
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert found - {LIST.name} == {file["path"] for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["path"])
def test_a_file_is_the_one_that_the_list_names(file):
    assert file.keys() == FACTS
    assert hashlib.sha256((VENDOR / file["path"]).read_bytes()).hexdigest() == file["sha256"]
