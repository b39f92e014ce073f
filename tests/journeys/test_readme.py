"""The session with the aws CLI that README.md shows, run from its own text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.demo import running_demo
from tests.running import ROOT, Headrace

pytestmark = pytest.mark.sandbox
SESSION = re.compile(r"<!-- session:start -->\n(.*?)<!-- session:end -->", re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMISE = re.compile(r"^#> (.+)$", re.MULTILINE)
SESSION_SECONDS = 180


def session() -> str:
    """Return the shell text between the README's marks."""
    (part,) = SESSION.findall((ROOT / "README.md").read_text())
    return "".join(BLOCK.findall(part))


def run(script: str, headrace: Headrace) -> subprocess.CompletedProcess[str]:
    """Run the text as a reader would, with the `aws` of this environment and no AWS settings of this machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HEADRACE_"))}
    environment |= {
        "HEADRACE_DATA_DIR": str(headrace.data),
        "HEADRACE_PORT": str(headrace.port),
        "HOME": str(headrace.logs_folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TMPDIR": str(headrace.logs_folder),
    }
    command = ["bash", "-c", f"set -euo pipefail\n{script}"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SESSION_SECONDS, check=False
    )


def test_the_readme_promises_something():
    assert len(PROMISE.findall(session())) >= 3


def test_the_session_of_the_readme_runs_as_written():
    with running_demo() as (headrace, _):
        ended = run(session(), headrace)
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}\n{headrace.logs()}"
    rest = ended.stdout
    for promise in PROMISE.findall(session()):
        before, found, rest = rest.partition(promise)
        assert found, f"'{promise}' does not follow in the output:\n{before}"
