"""The verb `run`: sets up what is missing, then serves the product until it is told to end."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines_project import env

from .claim import claim
from .database import migrate, prepare_demo
from .environment import ensure
from .greeting import LOOPBACK, Greeting
from .keys import ensure_keys
from .places import data_dir
from .ports import choose_port
from .processes import specs
from .supervisor import Supervisor
from .toolchain import ensure_toolchain


def run() -> int:
    """Serve until SIGINT or SIGTERM. Raises: SetupError, SettingError."""
    data = data_dir()
    host = env.text("HEADRACE_HOST", "127.0.0.1")
    demo = env.boolean("HEADRACE_DEMO", default=True)
    ensure_keys(data)
    lock = claim(data)
    port = choose_port(host)
    environ = child_environment(data, host=host, port=port, demo=demo)
    processes = specs(host, port)
    prepare(data, environ, demo=demo)
    Greeting(host, port, data, demo).start()
    return Supervisor(processes, environ, lock=lock).run()


def set_up() -> int:
    """Do everything that `run` does before it serves."""
    data = data_dir()
    ensure_keys(data)
    demo = env.boolean("HEADRACE_DEMO", default=True)
    prepare(data, {**os.environ, "HEADRACE_DATA_DIR": str(data)}, demo=demo)
    return 0


def prepare(data: Path, environ: dict[str, str], *, demo: bool) -> None:
    """Bring packages, tools, database and demo up to date; the tools come while the database is prepared."""
    ensure("runtime")
    (data / "static").mkdir(exist_ok=True)  # the server of static files complains about a folder that is not there
    with ThreadPoolExecutor(1) as pool:
        tools = pool.submit(ensure_toolchain, data)
        migrate(data, environ)
        if demo:
            prepare_demo(data, environ)
        tools.result()


def child_environment(data: Path, *, host: str, port: int, demo: bool) -> dict[str, str]:
    """Return the environment of every process of the product."""
    environ = {**os.environ, "HEADRACE_DATA_DIR": str(data), "HEADRACE_HOST": host, "HEADRACE_PORT": str(port)}
    environ["PYTHONUNBUFFERED"] = "1"
    if demo and host in LOOPBACK:
        # The demo account alone is marked for it, and only where the self-test finds no sandbox at all.
        environ.setdefault("HEADRACE_SANDBOX_ALLOW_UNISOLATED", "1")
    return environ
