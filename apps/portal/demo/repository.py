"""The demo's repository: bare, with the history of a small package, and a hook that tells Headrace of a push."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).with_name("package")
BRANCH = "main"
# The history: each commit adds these files, or all that are left.
COMMITS: Sequence[tuple[str, Sequence[str]]] = (
    ("Say what the harbor board is", ["README.md"]),
    ("Write the notice as a page", ["src/harbor/__init__.py", "src/harbor/board.py", "src/harbor/notice.txt"]),
    ("Test the page", ["tests/test_board.py"]),
    ("Write the site from the command line", ["src/harbor/site.py"]),
    ("Make it a package", ["pyproject.toml"]),
)
AUTHOR = {"NAME": "Mira Holm", "EMAIL": "mira@harbor.example"}
HOOK = """#!{python}
# Tells Headrace that something was pushed. Headrace then asks the repository itself what is new.
import sys
import urllib.request

try:
    urllib.request.urlopen(urllib.request.Request("{url}", method="POST", data=b""), timeout=5)
    print("Headrace looks at this push now.")
except OSError as error:
    print(f"Headrace could not be told ({{error}}); it will find the push at its next look.", file=sys.stderr)
"""


def create_repository(path: Path) -> None:
    """Make the bare repository with its first commits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(path))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _git("init", "--quiet", f"--initial-branch={BRANCH}", cwd=work)
        for message, names in COMMITS:
            for name in names:
                _write(work, name)
            _git("add", ".", cwd=work)
            _git("commit", "--quiet", "--message", message, cwd=work)
        _git("push", "--quiet", str(path), BRANCH, cwd=work)


def _write(work: Path, name: str) -> None:
    source = PACKAGE / name
    target = work / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((source if source.is_file() else source.with_name(f"{source.name}.txt")).read_bytes())


def install_hook(path: Path, url: str) -> None:
    """Have each push to the repository tell Headrace at `url`."""
    hook = path / "hooks" / "post-receive"
    hook.write_text(HOOK.format(python=sys.executable, url=url))
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


def _git(*arguments: str, cwd: Path | None = None) -> None:
    """Run git as the demo's author, without anybody's own settings."""
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(cwd or "/"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_{name}": value for name, value in AUTHOR.items()}
    subprocess.run(["git", *arguments], cwd=cwd, env=environment, check=True, capture_output=True)
