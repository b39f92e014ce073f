"""`engine/` and `structure/` decide over values: nothing there reads a clock, draws a number or touches the world."""

import ast
from pathlib import Path

import pytest

from .source import ROOT, imports_of, python_files, relative, tree_of, within

IMPURE_MODULES = (
    *("django", "time", "random", "os", "socket", "secrets", "subprocess", "pathlib", "threading", "asyncio"),
    *("logging", "tempfile", "shutil", "http", "urllib", "httpx2", "boto3"),
)
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"}
PURE_PACKAGES = sorted(path for name in ("engine", "structure") for path in (ROOT / "apps").glob(f"*/{name}"))
PURE_SHARED = ("apps.core.errors", "apps.actions.types")


def pure_files() -> list[Path]:
    shared = [ROOT / f"{name.replace('.', '/')}.py" for name in PURE_SHARED]
    return [
        *python_files(*(relative(package) for package in PURE_PACKAGES)),
        *(path for path in shared if path.exists()),
    ]


def impure_calls(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in IMPURE_CALLS:
                found.append(f"line {node.lineno}: {ast.unparse(node.func)}()")
    return found


def test_there_is_something_to_guard():
    assert {"engine"} <= {package.name for package in PURE_PACKAGES}


@pytest.mark.parametrize("path", pure_files(), ids=relative)
def test_a_pure_module_imports_nothing_that_acts(path):
    assert [str(found) for found in imports_of(path) if within(found.target, *IMPURE_MODULES)] == []


@pytest.mark.parametrize("path", pure_files(), ids=relative)
def test_a_pure_module_imports_only_pure_modules_of_ours(path):
    own = ".".join(relative(path).removesuffix(".py").split("/")[:3])
    found = [each for each in imports_of(path) if within(each.target, "apps")]
    assert [str(each) for each in found if not within(each.target, own, *PURE_SHARED)] == []


@pytest.mark.parametrize("path", pure_files(), ids=relative)
def test_a_pure_module_asks_for_no_time_chance_or_file(path):
    assert impure_calls(tree_of(path)) == []


def test_impure_calls_are_seen():
    source = "started = datetime.now(UTC)\nnames = open('x')\nuuid.uuid4()"
    assert len(impure_calls(ast.parse(source))) == 3
