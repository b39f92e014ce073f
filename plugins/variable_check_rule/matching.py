"""Matches a whole value against a pattern by walking all ways through it at once: no pattern makes it turn back."""

from dataclasses import dataclass, field
from typing import TypeAlias

from .characters import Characters, is_word
from .syntax import Choice, Node, One, PatternRefused, Repeat, Sequence, parse

MOST_STATES = 2000
MOST_STEPS = 20_000  # visits of states; a walk that was made before costs none
ACCEPTED = -1
Ways: TypeAlias = frozenset[int]


class TooCostly(Exception):
    """The pattern takes more steps on this value than a check may."""


@dataclass(slots=True)
class State:
    """Takes one character of a set, or stands at a place, and goes on to `to`."""

    characters: Characters | None = None
    place: str = ""
    to: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Point:
    """Where all ways through the pattern are after some characters, and where each character seen leads from here."""

    ways: Ways
    after_word: bool
    is_start: bool
    then: dict[str, "Point"] = field(default_factory=dict)

    def places(self, *, before_word: bool) -> set[str]:
        places = {"boundary" if self.after_word != before_word else "no boundary"}
        return places | {"start"} if self.is_start else places


def matches(pattern: str, value: str) -> bool:
    """Tell whether the whole of `value` matches, as java.util.regex.Matcher.matches does.

    Raises: PatternRefused, TooCostly.
    """
    return Machine(parse(pattern)).matches(value)


class Machine:
    """The states of a pattern, and the walks that were made through them."""

    def __init__(self, node: Node) -> None:
        self.states: list[State] = []
        self.points: dict[tuple[Ways, bool, bool], Point] = {}
        self.first = self._build(node, ACCEPTED)
        self.steps = 0

    def matches(self, value: str) -> bool:
        """Raises TooCostly."""
        here = self._point(frozenset({self.first}), after_word=False, is_start=True)
        for character in value:
            following = here.then.get(character)
            here = self._walk(here, character) if following is None else following
        return ACCEPTED in self._reached(here.ways, {*here.places(before_word=False), "end"})

    def _point(self, ways: Ways, *, after_word: bool, is_start: bool = False) -> "Point":
        return self.points.setdefault((ways, after_word, is_start), Point(ways, after_word, is_start))

    def _walk(self, here: "Point", character: str) -> "Point":
        found: set[int] = set()
        before_word = is_word(character)
        for number in self._reached(here.ways, here.places(before_word=before_word)) - {ACCEPTED}:
            state = self.states[number]
            if state.characters is not None and state.characters(character):
                found.update(state.to)
        here.then[character] = following = self._point(frozenset(found), after_word=before_word)
        return following

    def _reached(self, ways: Ways, places: set[str]) -> set[int]:
        """Return every state that can be reached from here without a character."""
        seen, waiting = set(ways), list(ways)
        while waiting:
            number = waiting.pop()
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise TooCostly(f"The pattern takes more than {MOST_STEPS} steps on this value")
            if number == ACCEPTED:
                continue
            state = self.states[number]
            if state.characters is None and (not state.place or state.place in places):
                for following in state.to:
                    if following not in seen:
                        seen.add(following)
                        waiting.append(following)
        return seen

    def _add(self, state: State) -> int:
        if len(self.states) >= MOST_STATES:
            raise PatternRefused(f"The pattern is too large: with its repetitions it has more than {MOST_STATES} parts")
        self.states.append(state)
        return len(self.states) - 1

    def _build(self, node: Node, to: int) -> int:
        """Add the states of a node that go on to `to`, and return the one to begin with."""
        match node:
            case One(characters):
                return self._add(State(characters=characters, to=[to]))
            case Sequence(parts):
                for part in reversed(parts):
                    to = self._build(part, to)
                return to
            case Choice(options):
                return self._add(State(to=[self._build(option, to) for option in options]))
            case Repeat():
                return self._build_repeat(node, to)
        return self._add(State(place=node.place, to=[to]))

    def _build_repeat(self, repeat: Repeat, to: int) -> int:
        if repeat.most is None:
            loop = self._add(State())
            self.states[loop].to = [self._build(repeat.node, loop), to]
            to = loop
        else:
            end = to
            for _ in range(repeat.most - repeat.least):
                to = self._add(State(to=[self._build(repeat.node, to), end]))
        for _ in range(repeat.least):
            to = self._build(repeat.node, to)
        return to
