"""Terminal output as lines of styled text."""

import pytest

from apps.portal.pages.ansi import Piece, read_lines


def text(line: str) -> str:
    return "".join(piece.text for piece in read_lines(line)[0])


def styles(line: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.style) for piece in read_lines(line)[0]]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("done\r", "done"),
        ("a\x1b[2Kb", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b]never ends", "a"),
        ("a\x00\x07\x08b", "ab"),
        ("a\tb", "a\tb"),
        ("a\x9b31mb", "a31mb"),
        ("exe.\u202egnp", "exe.[U+202E]gnp"),
        ("\x1b", ""),
        ("\x1b[31", ""),
    ],
)
def test_only_text_is_left(written, shown):
    assert text(written) == shown


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("31", "ansi-red"),
        ("91", "ansi-red"),
        ("1;32", "ansi-bold ansi-green"),
        ("38;5;9", "ansi-red"),
        ("38;5;21", "ansi-blue"),
        ("38;5;255", "ansi-white"),
        ("38;2;0;200;0", "ansi-green"),
        ("38;5", ""),
        ("48;5;9", ""),
        ("31;0", ""),
        ("31;39", ""),
        ("1;22", ""),
        ("", ""),
        ("999", ""),
    ],
)
def test_colours_become_class_names(codes, style):
    assert styles(f"\x1b[{codes}mx") == [("x", style)]


def test_a_style_lasts_until_it_is_ended():
    first, second = read_lines("\x1b[31mred\nstill\x1b[0m plain")
    assert first == (Piece("red", "ansi-red"),)
    assert second == (Piece("still", "ansi-red"), Piece(" plain"))


def test_class_names_hold_nothing_that_was_written():
    line = "".join(f"\x1b[{code};{code + 1}mx" for code in range(256))
    assert all(set(piece.style) <= set("abcdefghijklmnopqrstuvwxyz- ") for piece in read_lines(line)[0])


def test_a_line_of_a_megabyte_of_codes_is_read_in_a_moment():
    assert text("\x1b[31mx" * 150_000) == "x" * 150_000
    assert text("\x1b]" * 200_000) == ""
