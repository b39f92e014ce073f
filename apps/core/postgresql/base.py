"""The connection's wrapper. Django finds it by this module's name."""

from typing import Any

from django.db.backends.postgresql import base

from apps.core.postgresql import driver


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects through our driver and replaces what is suspect."""

    Database: Any = driver

    def ensure_connection(self) -> None:
        """Replace a connection whose fellows were lost, rather than have another request learn the same of it."""
        if self.connection is not None and not self.in_atomic_block and self.connection.is_suspect:
            self.close()
        super().ensure_connection()
