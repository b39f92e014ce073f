"""Sets of characters, as the classes of a Java pattern name them."""

import unicodedata
from collections.abc import Callable
from typing import TypeAlias

Characters: TypeAlias = Callable[[str], bool]

LINE_ENDS = "\n\r\x85\u2028\u2029"
DIGITS, WORDS = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
SPACES, VERTICAL = " \t\n\x0b\f\r", "\n\x0b\f\r\x85\u2028\u2029"
HORIZONTAL = " \t\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Z",
        "Zs",
        "Zl",
        "Zp",
    ]
)


def one_of(characters: str) -> Characters:
    return frozenset(characters).__contains__


def between(first: str, last: str) -> Characters:
    return lambda character: first <= character <= last


def negated(characters: Characters) -> Characters:
    return lambda character: not characters(character)


def any_of(sets: list[Characters]) -> Characters:
    return lambda character: any(each(character) for each in sets)


def both(first: Characters, second: Characters) -> Characters:
    return lambda character: first(character) and second(character)


def of_category(name: str) -> Characters:
    return lambda character: unicodedata.category(character).startswith(name)


def folded(characters: Characters) -> Characters:
    """As (?i) reads it: letters of ASCII are the same in both cases."""
    return lambda character: (
        characters(character) or (character.isascii() and character.isalpha() and characters(character.swapcase()))
    )


def anything(character: str) -> bool:
    return True


def is_word(character: str) -> bool:
    """As \\b sees it."""
    return character == "_" or character.isalnum()


BY_LETTER: dict[str, Characters] = {
    "d": one_of(DIGITS),
    "w": one_of(WORDS),
    "s": one_of(SPACES),
    "h": one_of(HORIZONTAL),
    "v": one_of(VERTICAL),
}
BY_NAME: dict[str, Characters] = {
    "Lower": between("a", "z"),
    "Upper": between("A", "Z"),
    "ASCII": between("\x00", "\x7f"),
    "Alpha": both(one_of(WORDS), negated(one_of(DIGITS + "_"))),
    "Digit": one_of(DIGITS),
    "Alnum": both(one_of(WORDS), negated(one_of("_"))),
    "Punct": one_of(PUNCTUATION),
    "Graph": between("!", "~"),
    "Print": between(" ", "~"),
    "Blank": one_of(" \t"),
    "Cntrl": any_of([between("\x00", "\x1f"), one_of("\x7f")]),
    "XDigit": one_of("0123456789abcdefABCDEF"),
    "Space": one_of(SPACES),
} | {name: of_category(name) for name in CATEGORIES}
DOT, DOT_ALL = negated(one_of(LINE_ENDS)), anything
