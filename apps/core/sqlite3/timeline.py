"""The clock of a database file: counted from where it stood when the machine was started, the same for all processes.

The host's own clock may be set while Headrace runs. What counts from a moment (a lease, a time limit, a pause) must
not end early or late for that, so all processes count by a clock that nobody can set, from one `zero`, which lies in
a small file beside the database's. When the host's clock was set, a duty of the worker moves the zero and, in the same
transaction, all that is counted: docs/decisions/0034 argues it.
"""

import fcntl
import logging
import mmap
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from django.db import OperationalError, connection, transaction
from django.db.models import F, QuerySet

logger = logging.getLogger(__name__)

COUNTER: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
ZERO: Final = struct.Struct("=d")
KEPT: Final = struct.Struct("=d36s")  # the zero, and when the machine was started, by the kernel's name for that
LARGE_SECONDS: Final = 2.0  # by which a clock is set; what is less is how it is kept right, and harms no lease
SMALL_SECONDS: Final = 0.01


class ClockWasSet(OperationalError):
    """What is to be written was counted before the zero was moved. Nothing was changed; done again it is right."""


class Timeline:
    """Reads and sets the zero. Units: seconds since 1970 at which the machine's counter stood at 0."""

    def __init__(self, path: Path, kept: mmap.mmap) -> None:
        self.path, self._kept = path, kept

    @classmethod
    def at(cls, path: Path, *, boot: str) -> Self:
        """Open a timeline, and begin it if there is none since `boot`. Raises OSError, as on a full disk."""
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            kept = os.pread(number, KEPT.size, 0)
            if len(kept) < KEPT.size or KEPT.unpack(kept)[1] != boot.encode():
                os.pwrite(number, KEPT.pack(_hosts_zero(), boot.encode()), 0)
            return cls(path, mmap.mmap(number, KEPT.size, access=mmap.ACCESS_READ))
        finally:
            fcntl.flock(number, fcntl.LOCK_UN)  # the mapping keeps the file open, and with it the lock
            os.close(number)

    @property
    def zero(self) -> float:
        return float(ZERO.unpack_from(self._kept)[0])

    @zero.setter
    def zero(self, zero: float) -> None:
        number = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)  # by the mapping, a full disk would end the process
        try:
            os.pwrite(number, ZERO.pack(zero), 0)
        finally:
            os.close(number)

    def behind(self) -> float:
        """Return by how many seconds the host's clock is ahead of this one."""
        return _hosts_zero() - self.zero


def _hosts_zero() -> float:
    return time.time() - time.clock_gettime(COUNTER)


@cache
def timeline_of(database: str) -> Timeline | None:
    """Return the timeline of a database file. None where nothing tells one start of the machine from another.

    Raises OperationalError when its file cannot be made, as SQLite does of its own.
    """
    if not BOOT_ID.exists():
        return None
    try:
        return Timeline.at(Path(f"{database}-clock"), boot=BOOT_ID.read_text().strip())
    except OSError as error:
        raise OperationalError(f"The clock of the database cannot be kept: {error}") from error


Rows = Callable[[], QuerySet[Any]]
Ahead = timedelta | Callable[[Any], timedelta]


@dataclass(frozen=True)
class Counted:
    """Moments that lie so long after another, rather than being dates: they move with a clock that is set.

    Shapes: `rows` returns those in which they still decide something; each of `fields` may be empty in some of them.
    `most` is by how much they may lie ahead, for all or of a row. Instead of it `since` names the moment that they are
    counted from, which moves along. What lies farther ahead was counted by another clock: before the machine was
    started, perhaps with a wrong date.
    """

    rows: Rows
    fields: tuple[str, ...]
    most: Ahead | None = None
    since: str = ""

    def move(self, by: timedelta, *, now: datetime) -> None:
        if self.since:
            moved = (*self.fields, self.since)
            self.rows().filter(**{f"{self.since}__lte": now}).update(**{field: F(field) + by for field in moved})
        for field in () if self.since else self.fields:
            if isinstance(self.most, timedelta):
                self.rows().filter(**{f"{field}__lte": now + self.most}).update(**{field: F(field) + by})
                continue
            assert self.most is not None
            for row in self.rows().filter(**{f"{field}__isnull": False}):
                if getattr(row, field) <= now + self.most(row):
                    self.rows().filter(pk=row.pk).update(**{field: F(field) + by})


COUNTED: list[Counted] = []


def counted(rows: Rows, *fields: str, most: Ahead | None = None, since: str = "") -> None:
    """Declare what `Counted` describes. Apps do so in `ready()`."""
    assert (most is None) is bool(since)
    COUNTED.append(Counted(rows, fields, most, since))


def follow_the_host() -> None:
    """Bring the timeline to the host's clock. Where that was set, all that is counted moves by as much.

    Any number of workers may do so: with the writer's turn only the first finds something to do. Raises
    OperationalError when it cannot be kept.
    """
    timeline: Timeline | None = connection.timeline()  # type: ignore[attr-defined]
    if timeline is None or abs(timeline.behind()) < SMALL_SECONDS:
        return
    connection.counted_from = None  # type: ignore[attr-defined]
    before: float | None = None
    try:
        with transaction.atomic():
            zero, behind = timeline.zero, timeline.behind()
            if abs(behind) > LARGE_SECONDS:
                logger.warning("The host's clock was set by %+.0f s. What is counted moves along.", behind)
                now = datetime.fromtimestamp(zero + time.clock_gettime(COUNTER), UTC)
                for each in COUNTED:
                    each.move(timedelta(seconds=behind), now=now)
            timeline.zero = zero + behind  # before the commit: nobody may see the one without the other for long
            before = zero
    except BaseException as error:
        if before is not None:
            timeline.zero = before
        if isinstance(error, OSError):
            raise OperationalError(f"The clock of the database cannot be kept: {error}") from error
        raise
