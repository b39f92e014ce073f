"""The queue's broker, by the database's clock.

django-q2's own dates a task by the clock of the host that hands it in, and another host sees it when its own clock has
passed that: where they differ by ten minutes, a task waits ten minutes, or is done a second time while the first still
runs.
"""

from datetime import datetime, timedelta
from time import sleep

from django_q.brokers.orm import ORM
from django_q.conf import Conf

from apps.core import clock


class DatabaseTimed(ORM):
    """Hands tasks in and out. What is handed in by way of `DatabaseTimed(due_at=…)` waits until then."""

    def __init__(self, list_key: str | None = None, *, due_at: datetime | None = None) -> None:
        super().__init__(list_key=list_key or Conf.CLUSTER_NAME)
        self._due_at = due_at

    def timeout(self, task: object) -> datetime:
        return clock.database_now() + timedelta(seconds=Conf.RETRY)

    def queue_size(self) -> int:
        waiting = self.get_connection().filter(key=self.list_key, lock__lte=clock.database_now())
        return int(waiting.count())

    def lock_size(self) -> int:
        held = self.get_connection().filter(key=self.list_key, lock__gt=clock.database_now())
        return int(held.count())

    def enqueue(self, task: str) -> int:
        lock = self._due_at or clock.database_now()
        return int(self.get_connection().create(key=self.list_key, payload=task, lock=lock).pk)

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Take the tasks that are due, each for as long as a task may take; pause when there are none."""
        rows = self.get_connection()
        due = list(rows.filter(key=self.list_key, lock__lte=clock.database_now())[: Conf.BULK])
        if not due:
            sleep(Conf.POLL)
            return None
        mine = [row for row in due if rows.filter(id=row.id, lock=row.lock).update(lock=self.timeout(row))]
        return [(row.pk, row.payload) for row in mine]
