"""Reading a path character by character, and counting what following it costs."""

import re

LONGEST = 150  # characters; CodePipeline API Reference, WebhookFilterRule
DEEPEST = 16  # conditions and brackets inside each other
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", "'": "'", '"': '"'}


class PathInvalid(Exception):
    """A path cannot be read. The text says where and why."""


class TooManySteps(Exception):
    """Following a path took more steps than it may."""


class Steps:
    """How many steps may still be taken."""

    def __init__(self, most: int) -> None:
        self.left = most

    def count(self, number: int = 1) -> None:
        """Raises TooManySteps."""
        self.left -= number
        if self.left < 0:
            raise TooManySteps("Following the path takes too many steps in this document.")


class Reader:
    """A text with a place in it."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        if len(text) > LONGEST:
            raise PathInvalid(f"The path has {len(text)} characters. The most is {LONGEST}.")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def at_end(self) -> bool:
        return self.at >= len(self.text)

    def skip_spaces(self) -> None:
        while self.peek() in (" ", "\t") and not self.at_end():
            self.at += 1

    def take(self, token: str, *, spaced: bool = False) -> bool:
        """Step over `token` if it comes next."""
        if spaced:
            self.skip_spaces()
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str, *, spaced: bool = False) -> None:
        """Raises PathInvalid."""
        if not self.take(token, spaced=spaced):
            raise self.refusal(f"'{token}' is needed")

    def take_match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found[0]

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        """Raises PathInvalid."""
        text = self.take_match(pattern)
        if not text:
            raise self.refusal(f"{what} is needed")
        return text

    def quoted(self) -> str:
        """Read a name or text in single or double quotes. Raises PathInvalid."""
        quote = self.peek()
        self.at += 1
        read: list[str] = []
        while not self.at_end():
            character = self.peek()
            self.at += 1
            if character == quote:
                return "".join(read)
            read.append(self._escaped() if character == "\\" else character)
        raise self.refusal(f"the text is not closed by {quote}")

    def _escaped(self) -> str:
        character = self.peek()
        self.at += 1
        if character == "u":
            digits = self.match(re.compile("[0-9a-fA-F]{4}"), "four hexadecimal digits")
            return chr(int(digits, 16))
        if character not in ESCAPES:
            raise self.refusal(f"'\\{character}' stands for nothing")
        return ESCAPES[character]

    def refusal(self, reason: str) -> PathInvalid:
        return PathInvalid(f"At character {self.at + 1} of '{self.text}': {reason}.")
