"""Database connections of threads that stay. Django's own care for them hangs on request signals that we don't send."""

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

from apps.core.connections import settled
from apps.core.in_place import NotInPlace, may_be_left

Result = TypeVar("Result")


def on_lasting_connection(work: Callable[[], Result], *, retry_safe: bool) -> Result:
    """Do `work`; after an error of the connection drop it, and if `retry_safe` try once more on a new one.

    A connection is tried only after a rest (`apps.core.postgresql`): a try before each request costs a round trip, and
    finds a server that restarted no sooner than the query itself. What the database undid by itself is done again in
    any case. Raises NotInPlace for what is done in place, where one may not wait for others.
    """
    try:
        return settled(work)
    except (OperationalError, InterfaceError) as error:
        if may_be_left(error):
            raise NotInPlace from error
        drop_connections()
        if not retry_safe:
            raise
    try:
        return settled(work)
    except (OperationalError, InterfaceError):
        drop_connections()
        raise


def drop_connections() -> None:
    """Close what this thread has open; the next query opens anew."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
