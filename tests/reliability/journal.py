"""A journal of calls: who asked for what, what they were told, and what came before what.

Order is that of one counter, which each call takes a number from when it begins and when its answer is there.
"""

from collections.abc import Iterable
from itertools import count
from typing import Any, NamedTuple

Details = dict[str, Any]


class Call(NamedTuple):
    """One call. Shapes: `answer` is None when nobody knows whether it was served; `ended` is None then, too."""

    operation: str
    asked: Details
    answer: Details | None
    began: int
    ended: int | None


class Journal:
    """Hears every call of the clients that it is given, in whichever threads they are used."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self._numbers = count()
        self._under_way: dict[int, Call] = {}
        self._answered: list[Call] = list(calls)

    def hear(self, client: Any) -> None:
        client.meta.events.register("before-parameter-build.codepipeline", self._begun)
        client.meta.events.register("after-call.codepipeline", self._ended)

    @property
    def calls(self) -> list[Call]:
        """Return what is known by now: calls that were answered, and those whose outcome nobody knows."""
        return [*self._answered, *self._under_way.copy().values()]

    def _begun(self, params: Details, model: Any, context: Details, **_: Any) -> None:
        number = context["journal"] = next(self._numbers)
        self._under_way[number] = Call(model.name, params, None, number, None)

    def _ended(self, http_response: Any, parsed: Details, context: Details, **_: Any) -> None:
        """A refusal is an answer: nothing came of the call. After a failure of the service nobody knows."""
        if http_response.status_code < 500:
            call = self._under_way.pop(context["journal"])
            if http_response.status_code == 200:
                self._answered.append(call._replace(answer=parsed, ended=next(self._numbers)))
