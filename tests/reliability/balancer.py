"""Callers who ask once: each call goes to one of the web processes that are open, and what fails is written down."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.reliability.journal import Journal
from tests.running import Account, Headrace


class Balancer:
    """Hands calls out in turn, as a balancer does that is told of each web process before it is ended."""

    def __init__(self, headrace: Headrace) -> None:
        self.headrace = headrace
        self.failures: list[str] = []
        self.under_way: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self._open: tuple[str, ...] = ("web",)
        self._turn = count()
        self._lock = threading.Lock()

    def turn_to(self, *names: str) -> None:
        """Hand what comes from now on to these web processes."""
        self._open = names

    @contextmanager
    def passing(self, what: str) -> Iterator[str]:
        """Give the address of a web process for one call, and watch how the call ends."""
        open_now = self._open
        name = open_now[next(self._turn) % len(open_now)]
        self._count(name, 1)
        try:
            yield self.headrace.url_of(name)
            self.served[name] += 1
        except Exception as error:
            self.failures.append(f"{what} at {name}: {type(error).__name__}: {error}")
            raise
        finally:
            self._count(name, -1)

    def _count(self, name: str, number: int) -> None:
        with self._lock:
            self.under_way[name] += number

    def client(self, account: Account, journal: Journal) -> "Balanced":
        return Balanced(self, account, journal)


class Balanced:
    """What a CodePipeline client of an account is, through a balancer. No call is made twice."""

    def __init__(self, balancer: Balancer, account: Account, journal: Journal) -> None:
        self._balancer, self._account, self._journal = balancer, account, journal
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            with self._balancer.passing(operation) as url:
                return getattr(self._client(url), operation)(**arguments)

        return call

    def _client(self, url: str) -> Any:
        with self._lock:
            if url not in self._clients:
                config = {"connect_timeout": 2, "read_timeout": 20, "max_pool_connections": 32}
                made = self._balancer.headrace.client(self._account, url=url, **config)
                self._journal.hear(made)
                self._clients[url] = made
            return self._clients[url]
