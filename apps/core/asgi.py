"""Pieces of the ASGI entry: which application takes a connection, and lasting threads for Django's pages."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from asgiref.sync import ThreadSensitiveContext

Scope = dict[str, Any]
Application = Callable[[Scope, Callable, Callable], Awaitable[None]]


class Selective(Protocol):
    """An ASGI application that says which connections are its own."""

    def dispatches(self, scope: Scope) -> bool: ...

    async def __call__(self, scope: Scope, receive: Callable, send: Callable) -> None: ...


class FirstThatTakesIt:
    """Hands each request to the first application that says it is its own."""

    def __init__(self, *applications: Selective, otherwise: Application) -> None:
        self.applications = applications
        self.otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Callable, send: Callable) -> None:
        for application in self.applications:
            if application.dispatches(scope):
                return await application(scope, receive, send)
        return await self.otherwise(scope, receive, send)


def on_lasting_threads(application: Application) -> Application:
    """Run Django's synchronous part of each request on a thread that stays, with its database connection.

    Without this Django's ASGI handler makes two threads and a database connection for every request.
    """
    idle: list[ThreadPoolExecutor] = []  # as many as there ever were requests at once

    async def wrapped(scope: Scope, receive: Callable, send: Callable) -> None:
        executor = idle.pop() if idle else ThreadPoolExecutor(1, thread_name_prefix="page")
        try:
            async with ThreadSensitiveContext(executor=executor):
                await application(scope, receive, send)
        finally:
            idle.append(executor)

    return wrapped
