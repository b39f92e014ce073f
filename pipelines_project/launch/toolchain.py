"""The few tools that the demo's commands use, in a folder that the sandbox shows them read-only."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .installers import install
from .places import REQUIREMENTS, fingerprint, is_current, say

LOCK = REQUIREMENTS / "toolchain.txt"


def ensure_toolchain(data: Path) -> None:
    """Fill `<data>/toolchain`: programs in `bin/`, packages beside it. An operator's own folder is left alone."""
    folder = data / "toolchain"
    value = fingerprint([LOCK], sys.version_info[:2])
    if os.environ.get("HEADRACE_TOOLCHAIN_DIR") or is_current(folder / ".stamp", value):
        return
    say("Installing the demo's tools")
    fresh = Path(tempfile.mkdtemp(prefix="toolchain-", dir=data))
    try:
        install(["--no-deps", "--require-hashes", "--target", fresh, "-r", LOCK], what="Installing the demo's tools")
        (fresh / ".stamp").write_text(value)
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
