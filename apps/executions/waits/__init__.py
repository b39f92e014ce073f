"""Why executions are not moving: what holds each, since when, who can end it, and what that in turn waits for.

facts.py      what has to be known of a pipeline
chain.py      the reasons, decided over those facts; pure
sentences.py  a reason as a sentence
reading.py    the facts of a pipeline, in a number of queries that does not grow
"""

from .chain import EndedBy, Reason, Wait, why
from .reading import list_waits, waits_behind, waits_of
from .sentences import sentence

__all__ = ["EndedBy", "Reason", "Wait", "list_waits", "sentence", "waits_behind", "waits_of", "why"]
