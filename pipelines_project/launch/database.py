"""Brings the database and the demo account up to date, when something changed since the last start."""

from collections.abc import Mapping
from pathlib import Path

from .places import PYTHON, REQUIREMENTS, ROOT, fingerprint, is_current, run_quietly, say


def manage(*arguments: str) -> list[str]:
    return [str(PYTHON), str(ROOT / "manage.py"), *arguments]


def migrate(data: Path, environ: Mapping[str, str]) -> None:
    """Apply the migrations unless the last start already applied these. Raises: SetupError."""
    stamp, value = data / ".stamps" / "migrations", migrations_fingerprint()
    on_sqlite = not environ.get("HEADRACE_DATABASE_URL")
    # Another server's database may be replaced behind our back; there the question is asked at each start.
    if on_sqlite and (data / "headrace.sqlite3").exists() and is_current(stamp, value):
        return
    say("Preparing the database")
    run_quietly(manage("migrate", "--no-input", "-v", "0"), what="Migrating the database", environ=environ)
    if on_sqlite:
        remember(stamp, value)


def migrations_fingerprint() -> str:
    files = sorted(ROOT.glob("apps/*/migrations/*.py"))
    return fingerprint([*files, REQUIREMENTS / "runtime.txt"], [str(file.relative_to(ROOT)) for file in files])


def prepare_demo(data: Path, environ: Mapping[str, str]) -> None:
    """Make the demo account, or adapt it to another address. Raises: SetupError."""
    stamp = data / ".stamps" / "demo"
    where = [environ.get(name) for name in ("HEADRACE_HOST", "HEADRACE_PORT", "HEADRACE_PUBLIC_URL", "HEADRACE_REGION")]
    value = fingerprint(sorted(ROOT.glob("apps/*/management/commands/setup_demo.py")), where)
    if (data / "demo.json").exists() and is_current(stamp, value):
        return
    say("Preparing the demo account")
    run_quietly(manage("setup_demo"), what="Preparing the demo", environ=environ)
    remember(stamp, value)


def remember(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(value)
