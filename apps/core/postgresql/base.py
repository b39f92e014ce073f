"""The connection's wrapper. Django finds it by this module's name."""

from typing import Any

from django.db.backends.postgresql import base

from apps.core.postgresql import driver


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects through our driver, replaces what is suspect, and counts its commits."""

    Database: Any = driver

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commits = 0

    def ensure_connection(self) -> None:
        """Replace a connection that is lost before anything is done with it.

        One whose fellows were lost is not asked, rather than have another request learn the same of it.
        """
        if self.connection is not None and not self.in_atomic_block and not self.connection.is_trusted():
            self.close()
        super().ensure_connection()

    def get_autocommit(self) -> bool:
        """Return how it is set, without a look at the server: Django asks before each request, used or not."""
        return super().get_autocommit() if self.connection is None else self.autocommit

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.commits += 1
