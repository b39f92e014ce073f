"""The sandbox that runs a pipeline's commands, and takes from it what they leave behind.

`choose` picks the kind of isolation, `Sandbox.run` runs one command in it, `collect` packs its files.
"""

from .choose import choose
from .collect import CollectLimits, collect
from .command import Command, Ended, Limits, Reason, Tier
from .errors import CollectRefused, NoIsolation, SandboxBroken
from .options import Options
from .probing import Probe
from .runner import Sandbox, sweep
from .self_test import self_test

__all__ = [
    "CollectLimits",
    "CollectRefused",
    "Command",
    "Ended",
    "Limits",
    "NoIsolation",
    "Options",
    "Probe",
    "Reason",
    "Sandbox",
    "SandboxBroken",
    "Tier",
    "choose",
    "collect",
    "self_test",
    "sweep",
]
