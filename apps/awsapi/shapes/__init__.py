"""The wire contract, read from botocore's service model: what goes in is checked by it, what comes out is cut to it."""

from .inputs import parse_input
from .model import OPERATIONS, TARGET_PREFIX
from .outputs import serialise_output
from .violations import ValidationError

__all__ = ["OPERATIONS", "TARGET_PREFIX", "ValidationError", "parse_input", "serialise_output"]
