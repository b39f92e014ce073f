"""The kit a plugin is tested with: contracts to inherit, and stand-ins for what a provider is given."""

from .artifacts import MemoryArtifacts
from .contract import ProviderContract, RuleContract
from .doubles import (
    BrokenGit,
    FixedClock,
    LocalSandbox,
    MemoryLog,
    MemoryObjects,
    MemoryPipelines,
    NoSandbox,
    ScriptedGit,
    ScriptedPeer,
)
from .run import ActionRun, make_request, run_action

__all__ = [
    "ActionRun",
    "BrokenGit",
    "FixedClock",
    "LocalSandbox",
    "MemoryArtifacts",
    "MemoryLog",
    "MemoryObjects",
    "MemoryPipelines",
    "NoSandbox",
    "ProviderContract",
    "RuleContract",
    "ScriptedGit",
    "ScriptedPeer",
    "make_request",
    "run_action",
]
