"""The verbs that check: tests, types, style, templates, migrations, and the benchmarks."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from .environment import ensure
from .places import PYTHON, ROOT, VENV, say

SELF_CONTAINED = "not browser and not sandbox and not postgres and not slow and not clients and not programs"
TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "pipelines_project.settings.test"}
LINTERS: dict[str, tuple[str, ...]] = {
    "ruff": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy",),
    "djlint": ("djlint", "--lint", "--quiet", "templates", "apps"),
    "makemigrations": ("python", "manage.py", "makemigrations", "--check", "--dry-run"),
}


def test(arguments: Sequence[str]) -> int:
    """Pass the tests that need nothing but Python and git, on all processors. Words after the verb go to pytest."""
    return pytest("-n", "auto", "-m", SELF_CONTAINED, *arguments)


def fast(arguments: Sequence[str]) -> int:
    """The same tests for the loop at the desk: the last failures first, and an end at the first failure."""
    return pytest("-n", "auto", "-m", SELF_CONTAINED, "--failed-first", "--exitfirst", "-q", *arguments)


def bench(arguments: Sequence[str]) -> int:
    ensure("dev")
    return call("python", "-m", "tests.bench", *arguments)


def simulate(arguments: Sequence[str]) -> int:
    """Drive the core from seeds; SEEDS=n says from how many. Words after the verb go to the simulation."""
    ensure("dev")
    seeds = os.environ.get("SEEDS", "")
    return call("python", "-m", "tests.simulation", *(("--seeds", seeds) if seeds else ()), *arguments)


def lint(_: Sequence[str]) -> int:
    """Run every linter, also after one has complained, and name those that did."""
    ensure("dev")
    complained = []
    for name, command in LINTERS.items():
        say(f"--- {name}")
        if call(*command, environ=TEST_SETTINGS):
            complained.append(name)
    say(f"Complaints from: {', '.join(complained)}" if complained else "No complaints.")
    return 1 if complained else 0


def pytest(*arguments: str) -> int:
    ensure("dev")
    return call("python", "-m", "pytest", *arguments)


def call(program: str, *arguments: str, environ: Mapping[str, str] | None = None) -> int:
    """Run a program of the environment on this terminal and return its status."""
    path = f"{VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}"
    environ = {**os.environ, **(environ or {}), "PATH": path}
    command = [str(PYTHON if program == "python" else VENV / "bin" / program), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ).returncode
