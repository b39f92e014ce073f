"""News from below: definitions that were saved or deleted, with the sources to watch."""

from apps.events import Happening
from apps.triggers import services


def definition_saved(happening: Happening) -> None:
    services.watch_sources(happening.payload, now=happening.at)
    services.listen(happening.payload)


def pipeline_deleted(happening: Happening) -> None:
    services.forget_sources(happening.payload)
    services.stop_listening(happening.payload)
