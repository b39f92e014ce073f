"""AWS's glob patterns, matched in linear time. Source: CodePipeline user guide, glob patterns; reference 6.4.

`*` is any run of characters but `/`, `**` any run, `?` one character, `[abc]` `[a-z]` `[!abc]` a class, `{a,b}` one of
several (not inside each other), `\\` takes the next character as it is. The whole text must match, case and all.

A pattern is a graph of places; all places that can be reached are followed at once, so a text of n characters costs at
most n times the length of the pattern, whatever the pattern.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

Test = Callable[[str], bool]


@dataclass(slots=True)
class Place:
    """A place in a pattern: a character that passes `test` leads to `then`; `free` places are reached without one."""

    test: Test | None = None
    then: int = -1
    free: list[int] = field(default_factory=list)


class Glob:
    """One pattern. Unclosed brackets and braces stand for themselves."""

    def __init__(self, pattern: str) -> None:
        self._places = [Place()]
        self._end = self._read(pattern, 0, in_braces=False)

    def matches(self, text: str) -> bool:
        reached = self._reached([0])
        for character in text:
            stepped = []
            for number in reached:
                place = self._places[number]
                if place.test is not None and place.test(character):
                    stepped.append(place.then)
            reached = self._reached(stepped)
            if not reached:
                return False
        return self._end in reached

    def _reached(self, numbers: Iterable[int]) -> set[int]:
        waiting, found = list(numbers), set(numbers)
        while waiting:
            for free in self._places[waiting.pop()].free:
                if free not in found:
                    found.add(free)
                    waiting.append(free)
        return found

    def _read(self, pattern: str, start: int, *, in_braces: bool) -> int:
        """Add the places of `pattern` behind `start`, and return the last one."""
        at, place = 0, start
        while at < len(pattern):
            character = pattern[at]
            if character == "\\" and at + 1 < len(pattern):
                place, at = self._step(place, _is(pattern[at + 1])), at + 2
            elif pattern.startswith("**", at):
                place, at = self._run(place, _anything), at + 2
            elif character == "*":
                place, at = self._run(place, _no_slash), at + 1
            elif character == "?":
                place, at = self._step(place, _anything), at + 1
            elif character == "[" and (closed := _class_end(pattern, at)):
                place, at = self._step(place, _one_of(pattern[at + 1 : closed])), closed + 1
            elif character == "{" and not in_braces and (closed := _brace_end(pattern, at)):
                place, at = self._choice(place, pattern[at + 1 : closed]), closed + 1
            else:
                place, at = self._step(place, _is(character)), at + 1
        return place

    def _new(self) -> int:
        self._places.append(Place())
        return len(self._places) - 1

    def _step(self, place: int, test: Test) -> int:
        then, start = self._new(), self._new()
        self._places[place].free.append(start)
        self._places[start].test, self._places[start].then = test, then
        return then

    def _run(self, place: int, test: Test) -> int:
        start = self._new()
        self._places[place].free.append(start)
        self._places[start].test, self._places[start].then = test, start
        then = self._new()
        self._places[start].free.append(then)
        return then

    def _choice(self, place: int, inside: str) -> int:
        then = self._new()
        for each in _alternatives(inside):
            begin = self._new()
            self._places[place].free.append(begin)
            end = self._read(each, begin, in_braces=True)
            self._places[end].free.append(then)
        return then


def _anything(character: str) -> bool:
    return True


def _no_slash(character: str) -> bool:
    return character != "/"


def _is(wanted: str) -> Test:
    return lambda character: character == wanted


def _class_end(pattern: str, at: int) -> int:
    """Return where the class that begins at `at` is closed; 0 when it never is or holds nothing."""
    start = at + 2 if pattern.startswith("[!", at) else at + 1
    closed = pattern.find("]", start + 1)
    return max(closed, 0)


def _one_of(inside: str) -> Test:
    negated, inside = inside.startswith("!"), inside.removeprefix("!")
    singles, ranges, at = set(), [], 0
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            ranges.append((inside[at], inside[at + 2]))
            at += 3
        else:
            singles.add(inside[at])
            at += 1

    def test(character: str) -> bool:
        inside_it = character in singles or any(low <= character <= high for low, high in ranges)
        return inside_it is not negated

    return test


def _brace_end(pattern: str, at: int) -> int:
    """Return where the brace that opens at `at` is closed, 0 when it never is."""
    while (at := at + 1) < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "}":
            return at
    return 0


def _alternatives(inside: str) -> list[str]:
    """Split at the commas that no backslash takes as they are."""
    found, at = [""], 0
    while at < len(inside):
        if inside[at] == "\\":
            found[-1] += inside[at : at + 2]
            at += 2
            continue
        if inside[at] == ",":
            found.append("")
        else:
            found[-1] += inside[at]
        at += 1
    return found


@lru_cache(maxsize=2048)
def glob(pattern: str) -> Glob:
    return Glob(pattern)


def matches(pattern: str, text: str) -> bool:
    """Say whether a whole text has the form of a pattern."""
    return glob(pattern).matches(text)
