"""Reads a pattern of java.util.regex into a tree. What cannot be matched in linear time is refused by name.

Source: java.util.regex.Pattern, summary of regular-expression constructs.
"""

from dataclasses import dataclass
from typing import TypeAlias

from .characters import BY_LETTER, BY_NAME, DOT, DOT_ALL, Characters, any_of, between, both, folded, negated, one_of

DEEPEST = 50
LARGEST_REPEAT = 1000
CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
ASSERTIONS = {"A": "start", "b": "boundary", "B": "no boundary", "Z": "end", "z": "end"}
REFUSED_GROUPS = {"?=": "lookahead", "?!": "lookahead", "?<=": "lookbehind", "?<!": "lookbehind", "?>": "atomic groups"}


class PatternRefused(Exception):
    """The pattern is wrong, or uses what is not available; the text says what and where."""


@dataclass(frozen=True, slots=True)
class One:
    """One character out of a set."""

    characters: Characters


@dataclass(frozen=True, slots=True)
class Where:
    """A place between characters: "start", "end", "boundary" or "no boundary"."""

    place: str


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`most` None is without end."""

    node: "Node"
    least: int
    most: int | None


Node: TypeAlias = One | Where | Sequence | Choice | Repeat


def parse(pattern: str) -> Node:
    """Return the tree of a pattern. Raises PatternRefused."""
    reader = _Reader(pattern)
    node = reader.choice(0)
    if reader.more():
        raise reader.refusal("a ')' that closes nothing")
    return node


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = frozenset[str]()

    def more(self) -> bool:
        return self.at < len(self.pattern)

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self) -> str:
        if not self.more():
            raise self.refusal("an end where something is missing")
        self.at += 1
        return self.pattern[self.at - 1]

    def accept(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) if found else 0
        return found

    def until(self, end: str) -> str:
        close = self.pattern.find(end, self.at)
        if close < 0:
            raise self.refusal(f"no '{end}' where one is missing")
        text, self.at = self.pattern[self.at : close], close + len(end)
        return text

    def refusal(self, what: str) -> PatternRefused:
        return PatternRefused(f"The pattern has {what}, at character {self.at}")

    def choice(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.refusal(f"groups deeper than {DEEPEST}")
        outer = self.flags
        options = [self.sequence(depth)]
        while self.accept("|"):
            options.append(self.sequence(depth))
        self.flags = outer  # a flag that a group set ends with it
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.more() and not self.peek("|") and not self.peek(")"):
            if self.accept("\\Q"):
                parts += [self.one(one_of(each)) for each in self.quoted()]
                if parts and self.more():
                    parts[-1] = self.repeated(parts[-1])
                continue
            parts.append(self.repeated(self.atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def quoted(self) -> str:
        close = self.pattern.find("\\E", self.at)
        text = self.pattern[self.at : close if close >= 0 else len(self.pattern)]
        self.at = close + 2 if close >= 0 else len(self.pattern)
        return text

    def one(self, characters: Characters) -> One:
        return One(folded(characters) if "i" in self.flags else characters)

    def atom(self, depth: int) -> Node:
        character = self.take()
        match character:
            case "(":
                return self.group(depth)
            case "[":
                return One(self.bracket(0))
            case ".":
                return One(DOT_ALL if "s" in self.flags else DOT)
            case "^":
                return Where("start")
            case "$":
                return Where("end")
            case "*" | "+" | "?" | "{":
                raise self.refusal(f"a '{character}' with nothing before it to repeat")
            case "\\":
                return self.escaped()
        return self.one(one_of(character))

    def group(self, depth: int) -> Node:
        for sign, name in REFUSED_GROUPS.items():
            if self.peek(sign):
                raise self.refusal(f"{name} '({sign}', which is not available here")
        outer = self.flags
        if self.accept("?<"):
            if not self.until(">").isalnum():
                raise self.refusal("a group with a name that is none")
        elif self.accept("?") and self.set_flags():
            self.refuse_repetition()
            return Sequence(())  # (?i) alone: it holds until the group around it ends
        node = self.choice(depth + 1)
        if not self.accept(")"):
            raise self.refusal("a '(' that is never closed")
        self.flags = outer
        return node

    def set_flags(self) -> bool:
        """Read "i)", "i:", ":" and tell whether they stand alone."""
        on = True
        while (sign := self.take()) not in ":)":
            if sign == "-":
                on = False
            elif sign in "is":
                self.flags = self.flags | {sign} if on else self.flags - {sign}
            else:
                raise self.refusal(f"the flag '{sign}'; i and s are available")
        return sign == ")"

    def repeated(self, node: Node) -> Node:
        counts = self.counts()
        if counts is None:
            return node
        if self.accept("+"):
            raise self.refusal("a possessive '+', which is not available here")
        self.accept("?")  # reluctant: the whole value is matched, so it changes nothing
        self.refuse_repetition()
        return Repeat(node, *counts)

    def refuse_repetition(self) -> None:
        if self.more() and self.pattern[self.at] in "*+?{":
            raise self.refusal(f"a '{self.pattern[self.at]}' with nothing before it to repeat")

    def counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.accept(sign):
                return counts
        if not self.accept("{"):
            return None
        least, comma, most = self.until("}").partition(",")
        if not _is_number(least) or (most and not _is_number(most)):
            raise self.refusal("a '{' without a number of repetitions")
        low, high = int(least), int(most) if most else (None if comma else int(least))
        if high is not None and high < low:
            raise self.refusal("a repetition whose most is below its least")
        if max(low, high or 0) > LARGEST_REPEAT:
            raise self.refusal(f"a repetition of more than {LARGEST_REPEAT}")
        return low, high

    def escaped(self) -> Node:
        if self.more() and self.pattern[self.at] in ASSERTIONS:
            return Where(ASSERTIONS[self.take()])
        return One(self.escaped_set())

    def escaped_set(self) -> Characters:
        """Read what follows a backslash, in or outside of brackets."""
        letter = self.take()
        if letter.lower() in BY_LETTER:
            found = BY_LETTER[letter.lower()]
            return negated(found) if letter.isupper() else found
        if letter in "pP":
            found = self.named()
            return negated(found) if letter == "P" else found
        return self.literal(one_of(self.character(letter)))

    def literal(self, characters: Characters) -> Characters:
        return folded(characters) if "i" in self.flags else characters

    def named(self) -> Characters:
        name = self.until("}") if self.accept("{") else self.take()
        if name not in BY_NAME:
            raise self.refusal(f"the class '{name}', which is not available here")
        return BY_NAME[name]

    def character(self, letter: str) -> str:
        """Return the one character that an escape stands for."""
        if letter in CONTROL:
            return CONTROL[letter]
        if letter == "u":
            return self.coded(self.digits(4), 16)
        if letter == "x":
            return self.coded(self.until("}") if self.accept("{") else self.digits(2), 16)
        if letter == "0":
            return self.coded(self.octal(), 8)
        if letter.isdigit() or letter == "k":
            raise self.refusal(f"the back reference '\\{letter}', which is not available here")
        if letter.isascii() and letter.isalpha():
            raise self.refusal(f"the escape '\\{letter}', which is not available here")
        return letter

    def digits(self, number: int) -> str:
        return "".join(self.take() for _ in range(number))

    def octal(self) -> str:
        text = ""
        while self.more() and self.pattern[self.at] in "01234567" and len(text) < 3 and int(text or "0", 8) < 32:
            text += self.take()
        return text

    def coded(self, digits: str, base: int) -> str:
        allowed = "0123456789abcdefABCDEF" if base == 16 else "01234567"
        if not digits or len(digits) > 6 or not set(digits) <= set(allowed) or int(digits, base) > 0x10FFFF:
            raise self.refusal(f"the character code '{digits}', which is none")
        return chr(int(digits, base))

    def bracket(self, depth: int) -> Characters:
        """Read a class to its ']': unions, ranges, negation, nested classes and && intersections."""
        if depth > DEEPEST:
            raise self.refusal(f"classes deeper than {DEEPEST}")
        is_negated, found = self.accept("^"), list[Characters]()
        intersected: Characters | None = None
        empty = True
        while empty or not self.peek("]"):
            if self.accept("&&"):
                if empty:
                    raise self.refusal("an '&&' without a class before it")
                intersected = any_of(found) if intersected is None else both(intersected, any_of(found))
                found, empty = [], True
                continue
            found.append(self.bracket(depth + 1) if self.accept("[") else self.range_or_one())
            empty = False
        self.accept("]")
        whole = any_of(found) if intersected is None else both(intersected, any_of(found))
        return negated(whole) if is_negated else whole

    def range_or_one(self) -> Characters:
        first = self.take()
        if first == "\\":
            if self.more() and (self.pattern[self.at].lower() in BY_LETTER or self.pattern[self.at] in "pP"):
                return self.escaped_set()
            first = self.character(self.take())
        follows = self.pattern[self.at + 1 : self.at + 2]
        if not self.peek("-") or follows in ("]", "[", ""):
            return self.literal(one_of(first))
        self.accept("-")
        last = self.take()
        last = self.character(self.take()) if last == "\\" else last
        if last < first:
            raise self.refusal(f"the range '{first}-{last}', which is empty")
        return self.literal(between(first, last))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
