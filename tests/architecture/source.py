"""Reads the source tree: its Python files, what they import, and how long they are."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("apps", "pipelines_project", "plugins")


@dataclass(frozen=True)
class Import:
    """One name that a module takes from elsewhere, as an absolute dotted path."""

    file: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.target}"


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return every file that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(ROOT / name for name in sorted(set(names)) if name and (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    roots = [ROOT / folder for folder in folders or CODE]
    return [
        path for path in tracked_files() if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)
    ]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> list[Import]:
    return list(read_imports(tree_of(path), relative(path)))


def read_imports(tree: ast.AST, file: str) -> Iterator[Import]:
    """Give each import of a module at `file`, those inside functions too; relative ones are made absolute."""
    package = file.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(file, node.lineno, name.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for name in node.names:
                yield Import(file, node.lineno, f"{prefix}.{name.name}" if name.name != "*" else prefix)


def within(target: str, *packages: str) -> bool:
    """Say whether the dotted path `target` is one of `packages` or lies in one."""
    return any(target == package or target.startswith(f"{package}.") for package in packages)
