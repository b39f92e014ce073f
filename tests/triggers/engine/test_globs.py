"""AWS's glob patterns. Source: reference section 6.4."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.triggers.engine.globs import Glob, matches


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("main", ["main"], ["Main", "mainx", "xmain", ""]),
        ("*", ["main", ""], ["feature/x"]),
        ("**", ["main", "feature/x", "a/b/c", ""], []),
        ("feature/*", ["feature/x", "feature/"], ["feature/x/y", "feature", "xfeature/x"]),
        ("feature/**", ["feature/x", "feature/x/y"], ["feature", "features/x"]),
        ("**/*.py", ["src/board.py", "a/b/c.py"], ["board.py", "src/board.pyc"]),
        ("src/**/test_*.py", ["src/a/test_b.py", "src/a/c/test_b.py"], ["src/test_b.py"]),
        ("release-*-rc", ["release-1-rc", "release--rc"], ["release-1/2-rc", "release-rc"]),
        ("v?", ["v1", "vx"], ["v", "v12"]),
        ("v[0-9].[0-9]", ["v1.2"], ["v1.x", "v12.3"]),
        ("[abc]x", ["ax", "cx"], ["dx", "x"]),
        ("[!abc]x", ["dx", "-x"], ["ax", "x"]),
        ("[a-c1-3]", ["b", "2"], ["d", "4", "-"]),
        ("[-a]", ["-", "a"], ["b"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]]", ["a"], ["]"]),
        ("{main,develop}", ["main", "develop"], ["maindevelop", "", "main,develop"]),
        ("{main,release/*}", ["main", "release/1"], ["release/1/2"]),
        ("*.{js,ts,}", ["a.js", "a.ts", "a."], ["a.css"]),
        (r"{a\,b,c}", ["a,b", "c"], ["a", "b"]),
        (r"\*", ["*"], ["x", r"\*"]),
        (r"a\{b\}", ["a{b}"], ["ab"]),
        ("{a,{b,c}}", ["a}", "{b}", "c}"], ["b", "c"]),  # not nested: the first closing brace closes
        ("[abc", ["[abc"], ["a"]),
        ("{a,b", ["{a,b"], ["a"]),
        ("a\\", ["a\\"], ["a"]),
        ("", [""], ["a"]),
        ("ünï*", ["ünïcode"], ["unicode"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_a_pattern_takes_whole_texts(pattern, yes, no):
    assert [text for text in yes if not matches(pattern, text)] == []
    assert [text for text in no if matches(pattern, text)] == []


HOSTILE = [
    *("*" * 200, "**" * 100, "a*" * 100, "**a" * 80, "{a,b}" * 50, "{a*,b*}" * 30, "[a-z]*" * 40, "?*" * 100),
    *("{**,**}" * 30, "*?" * 100, "**/" * 80, "[!b]**" * 40),
]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_blows_up(pattern):
    """Shows T-14: twice the text costs about twice the time, never its square."""
    glob = Glob(pattern)

    def seconds(length: int) -> float:
        begun = time.process_time()
        glob.matches("a" * length + "b/")
        return time.process_time() - begun

    short, long = min(seconds(500) for _ in range(3)), min(seconds(1000) for _ in range(3))
    assert long < 0.5
    assert long < short * 4 + 0.01


@given(st.text(max_size=30))
def test_a_text_without_special_characters_matches_itself_alone(text):
    escaped = "".join(f"\\{character}" for character in text)
    assert matches(escaped, text)
    assert not matches(escaped, text + "x")
