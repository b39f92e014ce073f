"""A running Headrace with the demo account, its pipeline and the tools that its commands use."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pipelines_project.launch.toolchain import ensure_toolchain
from tests.running import Account, Headrace


@contextmanager
def running_demo(**environment: str) -> Iterator[tuple[Headrace, Account]]:
    """Give the running product, and what demo.json says: an account, its `pipeline`, `repository` and `site_url`."""
    with Headrace(environment={"HEADRACE_TOOLCHAIN_DIR": str(toolchain()), **environment}) as headrace:
        headrace.manage("setup_demo")
        yield headrace, json.loads((headrace.data / "demo.json").read_text())


@cache
def toolchain() -> Path:
    """Install the tools once for all tests of a run, unless there are some, and return their folder."""
    if named := os.environ.get("HEADRACE_TOOLCHAIN_DIR"):
        return Path(named)
    shared = Path(os.environ["HEADRACE_DATA_DIR"])
    with (shared / "toolchain.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_toolchain(shared)
    return shared / "toolchain"


@contextmanager
def demo() -> Iterator[Headrace]:
    """Give the running product. Where no sandbox can be had, its demo account runs commands without one."""
    with running_demo(HEADRACE_SANDBOX_ALLOW_UNISOLATED="1") as (headrace, _):
        yield headrace


def facts(headrace: Headrace) -> Account:
    """Return what demo.json says."""
    found: Account = json.loads((headrace.data / "demo.json").read_text())
    return found
