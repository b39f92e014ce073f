"""What a pipeline's definition may be. Pure: no Django, no clock, no I/O."""

from .check import RULES, check
from .definition import FEATURES, Catalogue
from .errors import (
    DefinitionInvalid,
    DefinitionLimitExceeded,
    InvalidActionDeclaration,
    InvalidBlockerDeclaration,
    InvalidStageDeclaration,
    InvalidStructure,
    UnresolvedVariable,
    UnusableVariable,
)
from .secrets import MASK, mask_secrets, secret_names
from .shell import substitute_in_command
from .variables import Lookup, Reference, references, substitute

__all__ = [
    "FEATURES",
    "MASK",
    "RULES",
    "Catalogue",
    "DefinitionInvalid",
    "DefinitionLimitExceeded",
    "InvalidActionDeclaration",
    "InvalidBlockerDeclaration",
    "InvalidStageDeclaration",
    "InvalidStructure",
    "Lookup",
    "Reference",
    "UnresolvedVariable",
    "UnusableVariable",
    "check",
    "mask_secrets",
    "references",
    "secret_names",
    "substitute",
    "substitute_in_command",
]
