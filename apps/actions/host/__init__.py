"""Runs providers: finds the plugins, and runs their steps in child processes that may hang, crash or lie.

registry.py    which plugins there are, and which provider stands for an action type
orders.py      what a step is told and how it ends, as plain data
pool.py        the parent's side: warm children, deadlines kept from outside
nursery.py     the small process that has the plugins loaded and forks the children
child.py       the child's side: one order after another
"""

from .orders import Cancelled, Crashed, Finished, InputFile, OutputFile, StepOrder, StepOutcome, TimedOut
from .pool import ChildPool, OnQuestion, Refused
from .registry import Registry, load_plugins

__all__ = [
    "Cancelled",
    "ChildPool",
    "Crashed",
    "Finished",
    "InputFile",
    "OnQuestion",
    "OutputFile",
    "Refused",
    "Registry",
    "StepOrder",
    "StepOutcome",
    "TimedOut",
    "load_plugins",
]
