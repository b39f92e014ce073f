import time

import pytest

from apps.actions.sandbox.globs import matches


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/*", "a"),
        ("**/*", "a/b/c"),
        ("**", "a/b"),
        ("dist/*.whl", "dist/a-1.whl"),
        ("dist", "dist/deep/a"),
        ("./dist/*", "dist/a"),
        ("dist/", "dist/a"),
        ("**/report-?.xml", "x/y/report-1.xml"),
        ("**/site/**/*.html", "site/index.html"),
        ("a/**/b/**/c", "a/x/b/y/z/c"),
        ("*", ".hidden"),
        ("a[1]", "a[1]"),
    ],
)
def test_a_pattern_names_a_path(pattern, path):
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.whl", "dist/a.whl"),
        ("dist/?", "dist/ab"),
        ("dist/*.whl", "dist/a.whl.txt"),
        ("**/b/**/c", "a/c"),
        ("", "a"),
        ("../a", "a"),
        ("a[1]", "a1"),
    ],
)
def test_and_not_another(pattern, path):
    assert not matches(pattern, path)


@pytest.mark.parametrize("pattern", ["*a" * 500 + "b", "**/" * 300 + "x", "/".join(["*a*a*a*a*b"] * 20), "**/a/" * 200])
def test_no_pattern_takes_long(pattern):
    path = "/".join(["a" * 200] * 32)
    started = time.process_time()
    matches(pattern, path)
    assert time.process_time() - started < 1
