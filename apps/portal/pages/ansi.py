"""Terminal output as lines of styled text. Pure. Colours become class names; every other control code is dropped.

Source: ECMA-48, Select Graphic Rendition; xterm control sequences for the 256 colours.
"""

import re
from dataclasses import dataclass

ESCAPE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"  # colours and weights
    r"|\x1b\[[0-?]*[ -/]*(?:[@-~]|$)"  # other control sequences, also one whose end has not come yet
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # strings for the terminal: titles, links
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
# Characters that turn the reading direction: shown, so that a log cannot disguise what it says.
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
BASE = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (60, 90, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
)
CUBE = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True)
class Piece:
    """Text in one style. `style` is a list of class names, such as "ansi-red ansi-bold"."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def read_lines(text: str) -> tuple[Line, ...]:
    """Return the lines of a terminal's output. A carriage return leaves the last state of its line."""
    style: dict[str, str] = {}
    return tuple(_line(line.rstrip("\r").rpartition("\r")[2], style) for line in text.split("\n"))


def _line(text: str, style: dict[str, str]) -> Line:
    pieces, position = [], 0
    for match in ESCAPE.finditer(text):
        pieces.append(_piece(text[position : match.start()], style))
        position = match.end()
        if match["sgr"] is not None:
            _restyle(style, match["sgr"])
    pieces.append(_piece(text[position:], style))
    return tuple(piece for piece in pieces if piece.text)


def _piece(text: str, style: dict[str, str]) -> Piece:
    shown = BIDI.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
    return Piece(shown, " ".join(f"ansi-{name}" for name in style.values()))


def _restyle(style: dict[str, str], codes: str) -> None:
    numbers = [int(code or 0) for code in re.split("[;:]", codes)][:64]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            style.clear()
        elif code in (1, 2, 3, 4):
            style[f"weight-{code}"] = ("bold", "dim", "italic", "underline")[code - 1]
        elif code in (22, 23, 24):
            for undone in {22: (1, 2), 23: (3,), 24: (4,)}[code]:
                style.pop(f"weight-{undone}", None)
        elif code in (38, 48):
            colour = _long_colour(numbers)
            if code == 38 and colour:
                style["colour"] = colour
        elif code == 39:
            style.pop("colour", None)
        elif 30 <= code <= 37:
            style["colour"] = COLOURS[code - 30]
        elif 90 <= code <= 97:
            style["colour"] = COLOURS[code - 90]


def _long_colour(numbers: list[int]) -> str | None:
    """Take a 256-colour or true-colour number off the list, and return the nearest of the eight."""
    kind = numbers.pop(0) if numbers else 0
    if kind == 5 and numbers:
        number = numbers.pop(0)
        if number < 16:
            return COLOURS[number % 8]
        if number >= 232:
            return "white" if number > 243 else "black"
        number -= 16
        return _nearest((CUBE[number // 36 % 6], CUBE[number // 6 % 6], CUBE[number % 6]))
    if kind == 2 and len(numbers) >= 3:
        return _nearest((numbers.pop(0), numbers.pop(0), numbers.pop(0)))
    return None


def _nearest(colour: tuple[int, int, int]) -> str:
    distances = [sum((a - b) ** 2 for a, b in zip(colour, base, strict=True)) for base in BASE]
    return COLOURS[distances.index(min(distances))]
