"""Starts the application of `stock.py` on a server that the product also runs on."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines_project.launch.processes import APPLICATION, SERVERS
from tests.running import ROOT, until
from tests.tooling.services import free_port

SETTINGS = "tests.bench.stock_settings"
STOCK = "tests.bench.stock:application"


@contextmanager
def stock(server: str, answers: Mapping[str, str] = {}) -> Iterator[str]:
    """Serve the yardsticks by `server` ("daphne" or "uvicorn"), with the product's own flags. Give the address.

    Shapes: `answers` holds what the stub answers to an operation, by its name.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-stock-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")},
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "HEADRACE_DATA_DIR": folder,
            "HEADRACE_SECRET_KEY": "only-for-benchmarks",
            "HEADRACE_MASTER_KEY": "only-for-benchmarks",
            "BENCH_ANSWERS": json.dumps(dict(answers)),
            "BENCH_DATABASE": str(Path(folder, "stock.sqlite3")),
        }
        fill = "import django; django.setup(); from tests.bench.stock import fill; fill()"
        subprocess.run([sys.executable, "-c", fill], cwd=ROOT, env=environment, check=True)
        port = free_port()
        words = [word.format(host="127.0.0.1", port=port) for word in SERVERS[server]]
        words[words.index(APPLICATION)] = STOCK
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            until(lambda: _answers(f"{address}/query"), seconds=30, what="the yardstick's answer")
            yield address
        finally:
            process.terminate()
            process.wait(15)


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
