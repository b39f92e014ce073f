"""`make run` on a fresh clone, as a stranger runs it."""

import json
import os
import stat
import subprocess
import time
import urllib.request

import pytest

from pipelines_project.launch.places import ROOT

from .services import free_port
from .standins import living

pytestmark = pytest.mark.slow
FIRST_START_SECONDS = 60
LATER_START_SECONDS = 6
END_SECONDS = 10


class Run:
    """One `make run` in `clone`, from its start until it was told to end."""

    def __init__(self, clone, data):
        self.mark, self.port, self.lines = f"clone-{os.getpid()}-{time.monotonic_ns()}", free_port(), []
        settings = {"HEADRACE_PORT": str(self.port), "HEADRACE_DATA_DIR": str(data), "STANDIN_MARK": self.mark}
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("HEADRACE_", "DJANGO_"))}
        started = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.read_until("Headrace is ready")
        self.start_seconds = time.monotonic() - started

    def read_until(self, words):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if words in line:
                return
        pytest.fail("make run ended: " + "\n".join(self.lines))

    def end(self):
        asked = time.monotonic()
        self.process.terminate()
        self.process.communicate(timeout=3 * END_SECONDS)
        return time.monotonic() - asked


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fresh") / "headrace"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


def test_make_run_serves_ends_and_starts_again_in_the_promised_time(clone, tmp_path):
    data = tmp_path / "data"
    first = Run(clone, data)
    page = urllib.request.urlopen(f"http://127.0.0.1:{first.port}/healthz").status
    ended_after = first.end()
    later = Run(clone, data)
    later.end()
    assert page == 200
    assert first.start_seconds < FIRST_START_SECONDS
    assert ended_after < END_SECONDS
    assert later.start_seconds < LATER_START_SECONDS
    assert living(first.mark) == living(later.mark) == []
    assert_only_the_owner_reads(data)
    told = "\n".join(first.lines)
    assert f"http://127.0.0.1:{first.port}" in told
    assert json.loads((data / "demo.json").read_text())["pipeline"]


def assert_only_the_owner_reads(data):
    modes = {name: stat.S_IMODE((data / name).stat().st_mode) for name in ("demo.json", "secret_key", "master_key")}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
