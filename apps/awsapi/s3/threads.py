"""Lasting threads for the endpoint: its own, so that long transfers do not hold up the wire API."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from apps.awsapi.connections import on_lasting_connection

Result = TypeVar("Result")


class Threads:
    """Runs work that waits for disk or database outside the event loop, on threads that keep their connection."""

    def __init__(self, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="artifacts")

    async def run(self, work: Callable[[], Result], *, retry_safe: bool = False) -> Result:
        """`retry_safe` work is done once more when the database connection turns out to be broken."""
        task = partial(on_lasting_connection, work, retry_safe=retry_safe)
        return await asyncio.get_running_loop().run_in_executor(self._executor, task)
