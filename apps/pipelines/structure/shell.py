"""Putting the values of variables into a shell command so that the shell sees them as text, whatever they hold.

A reference may stand bare, between double quotes or between single quotes; the value arrives there unchanged. Where the
shell has rules of its own (backquotes, arithmetic) only a value that needs no quoting is let in; so too everywhere in a
command that cannot be read to its end with certainty (an open quote, a here-document, `${x:-"..."}`, `$'...'`). Holds
for dash and bash, for a command that is evaluated by itself: no quote stays open from one command to the next.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from .errors import UnusableVariable
from .variables import REFERENCE, Lookup, value_of

PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
WHOLE_NUMBER = re.compile(r"-?[0-9]+")
ARITHMETIC = re.compile(r"\(\(|\$\[")
NOT_IN_COMMENT = re.compile(r"[^A-Za-z0-9_./:@-]")


def substitute_in_command(text: str, lookup: Lookup) -> str:
    """Return the command with each reference replaced by its value, quoted for where it stands.

    Raises: UnresolvedVariable, and its kind UnusableVariable where no quoting is certain.
    """
    return _Command(text, lookup).quoted() if REFERENCE.search(text) else text


def quote(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


class _Command:
    """Reads a command from left to right, keeping in mind which quotes and parentheses are open."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self.text = text
        self.lookup = lookup
        self.parts: list[str] = []
        self.open: list[str] = []  # of '"', "$(", "(" and "#", a comment
        self.at_word_start = True  # where a # begins a comment
        self.certain = True

    def quoted(self) -> str:
        at = 0
        while at < len(self.text) and self.certain:
            found, step = self.next_step(at)
            step(self, found)
            at = found.end()
        is_whole = self.certain and self.open in ([], ["#"])
        return "".join(self.parts) if is_whole else self.only_plain(self.text)

    def next_step(self, at: int) -> tuple[re.Match[str], "Step"]:
        context = self.open[-1] if self.open else ""
        for pattern, step in STEPS.get(context, BARE):
            found = pattern.match(self.text, at)
            if found:
                return found, step
        raise AssertionError("the last pattern matches any character")

    def add(self, text: str, *, at_word_start: bool = False) -> None:
        self.parts.append(text)
        self.at_word_start = at_word_start

    def value(self, reference: re.Match[str]) -> str:
        value = value_of(reference[1], reference[2], self.lookup)
        if "\0" in value:
            raise UnusableVariable(
                reference[1], reference[2], f"The value of {reference[0]} holds a null character; no command can."
            )
        return value

    def only_plain(self, text: str) -> str:
        """Put values into a part where quoting is not certain to be right."""
        number_wanted = ARITHMETIC.search(self.text) is not None
        return REFERENCE.sub(lambda found: self.plain(found, WHOLE_NUMBER if number_wanted else PLAIN), text)

    def plain(self, reference: re.Match[str], allowed: re.Pattern[str]) -> str:
        value = self.value(reference)
        if not allowed.fullmatch(value):
            raise UnusableVariable(
                reference[1],
                reference[2],
                f"The value of {reference[0]} cannot stand where the command '{self.text}' has it: it would need "
                "quoting, which is not possible there. Assign it to a shell variable in a command of its own and use "
                "that.",
            )
        return value


Step: TypeAlias = Callable[[_Command, re.Match[str]], None]


def _copy(command: _Command, found: re.Match[str]) -> None:
    command.add(found[0])


def _separate(command: _Command, found: re.Match[str]) -> None:
    command.add(found[0], at_word_start=True)


def _give_up(command: _Command, found: re.Match[str]) -> None:
    command.certain = False


def _bare_reference(command: _Command, found: re.Match[str]) -> None:
    """A backslash before the value would escape its quote: it goes. A dollar would make it $'...': it is escaped."""
    dollar = "\\$" if found[0].startswith("$") else ""
    command.add(dollar + quote(command.value(_reference(found))))


def _reference_in_double_quotes(command: _Command, found: re.Match[str]) -> None:
    before = "\\" + found[0][0] if found[0][0] in "\\$" else ""
    command.add(f'{before}"{quote(command.value(_reference(found)))}"')


def _single_quoted(command: _Command, found: re.Match[str]) -> None:
    command.add(REFERENCE.sub(lambda reference: f"'{quote(command.value(reference))}'", found[0]))


def _reference_in_comment(command: _Command, found: re.Match[str]) -> None:
    """Nothing of a value may end the comment."""
    command.add(NOT_IN_COMMENT.sub(" ", command.value(found)))


def _opaque(command: _Command, found: re.Match[str]) -> None:
    command.add(command.only_plain(found[0]))


def _arithmetic(command: _Command, found: re.Match[str]) -> None:
    command.add(REFERENCE.sub(lambda reference: command.plain(reference, WHOLE_NUMBER), found[0]))


def _open(command: _Command, found: re.Match[str]) -> None:
    command.open.append(found[0])
    command.add(found[0], at_word_start=found[0] != '"')


def _close(command: _Command, found: re.Match[str]) -> None:
    command.open.pop()
    command.add(found[0], at_word_start=found[0] == "\n")


def _close_parenthesis(command: _Command, found: re.Match[str]) -> None:
    """After `$(...)` a word goes on; after other parentheses the shells differ on what a # is."""
    closed = command.open.pop() if command.open else "("
    command.add(found[0])
    if closed == "(" and command.text.startswith("#", found.end()):
        command.certain = False


def _hash(command: _Command, found: re.Match[str]) -> None:
    if command.at_word_start:
        command.open.append("#")
    command.add(found[0])


def _substitution(command: _Command, found: re.Match[str]) -> None:
    """The parentheses of `case` are not in pairs, so where the substitution ends is not certain."""
    if re.search(r"\bcase\b", command.text[found.end() :]):
        _give_up(command, found)
    else:
        _open(command, found)


def _reference(found: re.Match[str]) -> re.Match[str]:
    reference = REFERENCE.search(found[0])
    assert reference is not None
    return reference


def _steps(*pairs: tuple[str, Step]) -> tuple[tuple[re.Pattern[str], Step], ...]:
    return tuple((re.compile(pattern, re.DOTALL), step) for pattern, step in pairs)


REF = REFERENCE.pattern
DOLLARS: tuple[tuple[str, Step], ...] = (
    (r"\$\$(?![({\['\"`$])", _copy),
    (r"\$\$", _give_up),  # bash takes the second for the beginning of something else
    (r"\$\(\([^()'\"`\\]*\)\)", _arithmetic),
    (r"\$\(\(", _give_up),
    (r"\$\(", _substitution),
    (r"\$\{[^{}'\"`\\$]*\}", _copy),
    (r"\$[\[{]", _give_up),
    (r"`(?:[^`\\]|\\.)*`", _opaque),
    (r"`", _give_up),
)
IN_DOUBLE_QUOTES = _steps(
    (r"[A-Za-z0-9_ ]+", _copy),
    (rf"[\\$]?{REF}", _reference_in_double_quotes),
    (r"\\\n", _give_up),
    (r"\\.", _copy),
    (r'"', _close),
    *DOLLARS,
    (r".", _copy),
)
BARE = _steps(
    (r"[A-Za-z0-9_]+", _copy),
    (rf"\$?\\?{REF}", _bare_reference),
    (r"[ \t]\\\n", _separate),
    (r"\\\n", _give_up),
    (r"\\.", _copy),
    (r"'[^']*'", _single_quoted),
    (r"'|\$'", _give_up),
    (r'"', _open),
    *DOLLARS,
    (r"<<<", _separate),
    (r"[<>]&[0-9-](?![^ \t\n;&|)])", _copy),
    (r"[<>]&", _give_up),  # bash expands what follows twice, quoted or not
    (r"<<|\(\(|=\(", _give_up),
    (r"\(", _open),
    (r"\)", _close_parenthesis),
    (r"#", _hash),
    (r"[ \t\n;&|<>]", _separate),
    (r".", _copy),
)
IN_COMMENT = _steps(
    (REF, _reference_in_comment),
    (r"\n", _close),
    (r".", _copy),
)
STEPS = {'"': IN_DOUBLE_QUOTES, "#": IN_COMMENT}
