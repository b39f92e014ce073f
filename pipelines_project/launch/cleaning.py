"""The verb `clean`: removes what can be made again."""

import shutil

from .places import ROOT, VENV, data_dir, say

LEFTOVERS = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "build", "dist", "test-results")
CODE = ("apps", "pipelines_project", "plugins", "tests")


def clean() -> int:
    """Remove the environment and every cache; data stays."""
    folders = [VENV, *(ROOT / name for name in LEFTOVERS)]
    folders += [folder for name in CODE for folder in (ROOT / name).rglob("__pycache__")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"Removed .venv and the caches. What Headrace wrote is still in {data_dir()}")
    return 0
