"""What can go wrong with the sandbox itself; how a command ended is no error, see `Ended`."""

from apps.core.errors import HeadraceError


class NoIsolation(HeadraceError):
    """This machine offers no isolation that the operator accepts. The message says what is missing."""


class SandboxBroken(HeadraceError):
    """The sandbox did not start, so the command did not run either."""


class CollectRefused(HeadraceError):
    """Something that a command left behind is not an ordinary file of its own. The message names it."""
