"""The event log.

`with events.transaction(): … events.record(…)` writes it; an app's `ready()` hears it by `events.subscribe`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.events.recording import Happening, ask_ends, record, subscribe, transaction

__all__ = ["Happening", "ask_ends", "record", "subscribe", "transaction"]


def __getattr__(name: str) -> Any:
    # Late, because Django imports this package before models can be.
    if name not in __all__:
        raise AttributeError(name)
    from apps.events import recording

    return getattr(recording, name)
