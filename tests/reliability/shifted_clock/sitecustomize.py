"""Gives a process a wall clock that a test sets: by as many seconds as stand in the file CLOCK_OFFSET_FILE.

Python imports this module at its start, before anything asks for the time. The monotonic clock goes on as it is, as it
does on a machine whose date is set. Processes without the variable, such as a plugin's, keep the true time.
"""

import copyreg
import datetime
import os
import time
from pathlib import Path

_real_datetime, _real_time = datetime.datetime, time.time
_file = os.environ.get("CLOCK_OFFSET_FILE", "")


def _offset() -> float:
    return float(Path(_file).read_text() or 0)


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)


class _ShiftedDatetime(_real_datetime, metaclass=_Kind):
    """Makes ordinary datetimes; only what it takes for now is shifted."""

    def __new__(cls, *args, **named):
        return _real_datetime(*args, **named)

    @classmethod
    def now(cls, tz=None):
        return _real_datetime.now(tz) + datetime.timedelta(seconds=_offset())

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.UTC).replace(tzinfo=None)


def rebuilt(text: str) -> _real_datetime:
    return _real_datetime.fromisoformat(text)


if _file:
    datetime.datetime = _ShiftedDatetime
    time.time = lambda: _real_time() + _offset()
    # A pickle names the class by where it stands, and there stands the other one.
    copyreg.pickle(_real_datetime, lambda moment: (rebuilt, (moment.isoformat(),)))
