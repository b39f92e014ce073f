"""Puts the clients that are not in the development environment into `build/clients/`, from lock files with hashes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines_project.launch.installers import install
from pipelines_project.launch.places import ROOT, fingerprint, is_current, run_quietly

HERE = Path(__file__).parent
CLIENTS = ROOT / "build" / "clients"
BOTO3_1_34 = HERE / "requirements" / "boto3_1_34.txt"
JAVASCRIPT = [HERE / "javascript" / name for name in ("package.json", "package-lock.json", "driver.mjs")]


def boto3_1_34() -> Path:
    """Return a folder that holds that boto3 and what it needs, and nothing else."""
    packages: list[str | Path] = ["--no-deps", "--require-hashes", "-r", BOTO3_1_34]
    return _installed(
        "boto3-1.34",
        [BOTO3_1_34],
        lambda folder: install([*packages, "--target", folder], what="Installing boto3 1.34"),
    )


def javascript() -> Path:
    """Return a folder with the JavaScript SDK and, beside its packages, the driver. Needs npm."""

    def fill(folder: Path) -> None:
        for file in JAVASCRIPT:
            shutil.copy(file, folder)
        npm = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        run_quietly(npm, what="Installing the JavaScript SDK", environ=os.environ, cwd=folder)

    return _installed("javascript", JAVASCRIPT, fill)


def _installed(name: str, sources: list[Path], fill: Callable[[Path], object]) -> Path:
    """Return `build/clients/NAME`, filled anew when what it is made of has changed."""
    folder, stamp, value = CLIENTS / name, CLIENTS / name / ".stamp", fingerprint(sources)
    if not is_current(stamp, value):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill(folder)
        stamp.write_text(value)
    return folder
