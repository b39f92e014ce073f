"""Where things lie, and how the steps of the set-up speak and remember."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines_project import env

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "pipelines_project" / "requirements"

RUNNING: set[subprocess.Popen[str]] = set()


class SetupError(Exception):
    """A step of the set-up cannot go on. The message is one line with the way out."""


def data_dir() -> Path:
    """Return the absolute path of everything that Headrace writes."""
    return env.path("HEADRACE_DATA_DIR", default=ROOT / "var")


def say(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115  nobody reads any more; the service goes on


def fingerprint(files: Iterable[Path], *words: object) -> str:
    """Return a hash of the files' names and contents and of `words`; a file that is missing counts as empty."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(repr(word).encode() + b"\0")
    for file in files:
        digest.update(file.name.encode() + b"\0" + (file.read_bytes() if file.exists() else b"") + b"\0")
    return digest.hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    try:
        return stamp.read_text() == value
    except OSError:
        return False


def run_quietly(
    command: Sequence[str | Path], *, what: str, environ: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> str:
    """Run `command`, show its output only when it fails, and return what it printed.

    Raises: SetupError, with the command's last line.
    """
    words = [str(word) for word in command]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=cwd, stdin=subprocess.DEVNULL
    )
    RUNNING.add(process)
    try:
        printed, complaints = process.communicate()
    finally:
        process.kill()
        RUNNING.discard(process)
    if process.returncode == 0:
        return printed
    sys.stderr.write(printed + complaints)
    last = (complaints.strip() or printed.strip() or "no output").splitlines()[-1]
    raise SetupError(f"{what} failed: {last}")


def end_running() -> None:
    """Ask every command that the set-up started to end."""
    for process in list(RUNNING):
        process.terminate()
