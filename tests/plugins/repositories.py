"""Real git repositories for tests."""

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder`, away from the configuration of this machine, and return what it prints."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *person, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def make_repository(folder: Path, **files: str) -> Path:
    """Return a repository with one commit on branch main; dots in names are written as `__`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    commit(folder, "Begin", **(files or {"readme__md": "hello"}))
    return folder


def commit(folder: Path, message: str, **files: str) -> str:
    """Add a commit and return its id."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()
