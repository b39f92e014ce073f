"""Runs the shared bench (../shared/bench/peers.py) with ours beside Buildbot and the bare Django floor.

Its adapter starts the whole product with one command and signs with a key that it is told beforehand, so a data
directory with an account is made first, and copied for each start.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines_project.launch.keys import ensure_keys
from tests.bench.measures import noop_pipeline
from tests.running import ROOT

SCRIPT = ROOT.parent / "shared" / "bench" / "peers.py"
ONLY = "headrace,buildbot-noop,floor-inline"
SETTINGS = {
    "HEADRACE_DEMO": "0",
    "HEADRACE_PLUGIN_MODULES": "tests.noop_plugin",
    "HEADRACE_MOST_ACTIVE_EXECUTIONS": "1000",  # the burst is one pipeline's
    "HEADRACE_API_READS_PER_SECOND": "0",  # peers do not throttle either
    "HEADRACE_API_CHANGES_PER_SECOND": "0",
    "PYTHONPATH": str(ROOT),
}


def run(arguments: list[str]) -> int:
    """Run the shared bench. Its results go to var/bench/."""
    if not SCRIPT.is_file():
        print("The shared bench is not beside this repository (../shared/bench/peers.py).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        template, pipeline = Path(folder, "data"), Path(folder, "pipeline.json")
        account = _prepare(template)
        pipeline.write_text(json.dumps({"pipeline": noop_pipeline(account)}))
        settings = " ".join(f"{name}={value}" for name, value in SETTINGS.items())
        environment = {
            **os.environ,
            "HEADRACE_BENCH_RESULTS": str(ROOT / "var" / "bench"),
            "HEADRACE_KEY": account["access_key_id"],
            "HEADRACE_SECRET": account["secret_access_key"],
            "HEADRACE_PIPELINE": str(pipeline),
            "HEADRACE_READY": "/readyz",
            "HEADRACE_SETUP": f"cp -a {template}/. {{data}}",
            "HEADRACE_START": f"env {settings} HEADRACE_PORT={{port}} HEADRACE_DATA_DIR={{data}} "
            f"{sys.executable} {ROOT}/pipelines_project/bootstrap.py run",
        }
        (ROOT / "var" / "bench").mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(SCRIPT), "--only", ONLY, *arguments]
        return subprocess.run(command, env=environment, cwd=SCRIPT.parent).returncode


def _prepare(data: Path) -> dict[str, str]:
    data.mkdir(mode=0o700)
    ensure_keys(data)
    environment = {**os.environ, **SETTINGS, "HEADRACE_DATA_DIR": str(data)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
    made = subprocess.run(
        [*manage, "create_account", "Bench", "--json"], env=environment, check=True, capture_output=True, text=True
    )
    account: dict[str, str] = json.loads(made.stdout)
    return account
