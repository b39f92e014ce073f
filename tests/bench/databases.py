"""The databases that are measured on, each as the environment of what is started meanwhile."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from tests.tooling.services import postgres, redis

Database = tuple[str, Callable[[], AbstractContextManager[None]]]  # its name, and what serves it
ADDRESSES = ("HEADRACE_DATABASE_URL", "HEADRACE_REDIS_URL")


@contextmanager
def sqlite() -> Iterator[None]:
    """The embedded default, whatever servers the environment names."""
    with addresses({}):
        yield


@contextmanager
def postgresql() -> Iterator[None]:
    """A PostgreSQL that keeps what it commits, and a Redis, both thrown away afterwards. Raises: ServiceError."""
    with (
        postgres(durable=True) as database,
        redis() as channels,
        addresses(dict(zip(ADDRESSES, (database, channels), strict=True))),
    ):
        yield


@contextmanager
def addresses(named: Mapping[str, str]) -> Iterator[None]:
    """Name these servers in the environment, and no others."""
    before = {name: os.environ.pop(name) for name in ADDRESSES if name in os.environ}
    os.environ.update(named)
    try:
        yield
    finally:
        for name in ADDRESSES:
            os.environ.pop(name, None)
        os.environ.update(before)


DATABASES: dict[str, Database] = {
    "sqlite": ("SQLite", sqlite),
    "postgresql": ("PostgreSQL", postgresql),
}
