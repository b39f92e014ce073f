"""A function is a screen at most, a module one subject. What only nears the limits is told, not refused."""

import ast
import warnings

from .source import python_files, relative, tree_of

FUNCTION_LINES = 60
FUNCTION_LINES_TOLD = 30
MODULE_LINES = 500
MODULE_LINES_TOLD = 300


def functions(tree: ast.AST) -> list[tuple[str, int, int]]:
    """Return name, first line and number of lines of every function."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [(node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


def longer_functions(limit: int) -> list[str]:
    return [
        f"{relative(path)}:{line} {name} has {length} lines"
        for path in python_files("apps", "pipelines_project", "plugins", "tests")
        if "migrations" not in path.parts
        for name, line, length in functions(tree_of(path))
        if length > limit
    ]


def longer_modules(limit: int) -> list[str]:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in python_files()}
    return [
        f"{name} has {length} lines" for name, length in lengths.items() if length > limit and "migrations" not in name
    ]


def test_no_function_is_longer_than_two_screens():
    assert longer_functions(FUNCTION_LINES) == []


def test_no_module_holds_many_subjects():
    assert longer_modules(MODULE_LINES) == []


def test_what_nears_the_limits_is_told():
    near = [*longer_functions(FUNCTION_LINES_TOLD), *longer_modules(MODULE_LINES_TOLD)]
    if near:
        warnings.warn("\n  ".join(["Look for the seam:", *near]), stacklevel=1)
    assert len(functions(ast.parse("def a():\n    pass\nasync def b():\n    def c(): ..."))) == 3
