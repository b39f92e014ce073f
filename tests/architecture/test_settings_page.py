"""docs/settings.md lists exactly the variables that the code reads."""

import ast
import re

from .source import ROOT, python_files, tree_of

PAGE = ROOT / "docs" / "settings.md"
READERS = {
    "get",
    "getenv",
    "text",
    "boolean",
    "integer",
    "seconds",
    "words",
    "path",
    "secret",
    "optional_secret",
    "database",
}
INTERNAL = {"HEADRACE_RUN_TOKEN", "HEADRACE_NURSERY"}


def variables_read(tree: ast.AST) -> set[str]:
    """Return the HEADRACE_… names that are read through `env`, `environ.get`, `getenv` or `environ[...]`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0] if function in READERS else None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = node.slice if ast.unparse(node.value).endswith("environ") else None
        else:
            continue
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.startswith("HEADRACE_"):
            found.add(name.value)
    return found - INTERNAL


def variables_listed(page: str) -> list[str]:
    return re.findall(r"^\| `(HEADRACE_\w+)`", page, flags=re.M)


def test_the_page_lists_exactly_what_the_code_reads():
    read = set().union(*(variables_read(tree_of(path)) for path in python_files()))
    assert sorted(variables_listed(PAGE.read_text())) == sorted(read)


def test_every_way_of_reading_is_seen():
    source = """
a = env.seconds("HEADRACE_A", default=1)
b = os.environ.get("HEADRACE_B")
c = os.environ["HEADRACE_C"]
environ["HEADRACE_WRITTEN"] = "1"
d = secret("HEADRACE_D", fallback=file)
"""
    assert variables_read(ast.parse(source)) == {"HEADRACE_A", "HEADRACE_B", "HEADRACE_C", "HEADRACE_D"}
