"""The base class of every provider."""

from .request import Request
from .types import ActionTypeId, Failed, Performer, Property, Result, Revision, Running


class ActionProvider:
    """One action type: what it is called, what it takes, and the steps that do its work.

    A step returns Succeeded, Failed or Running; after Running, `poll` is called in a process that need not be the one
    that started it. A provider keeps nothing in itself between steps. An exception that leaves a step fails the action.

    Shapes: `input_artifacts` and `output_artifacts` are the least and greatest number. `declaration_members` names what
    the action may declare besides its configuration ("commands", "outputVariables", ...).
    """

    action_type: ActionTypeId
    also_accepted_as: tuple[ActionTypeId, ...] = ()
    properties: tuple[Property, ...] = ()
    input_artifacts: tuple[int, int] = (0, 0)
    output_artifacts: tuple[int, int] = (0, 0)
    timeout_seconds: int = 3600
    v2_only: bool = False
    performed_by: Performer = Performer.WORKER
    declaration_members: frozenset[str] = frozenset()
    entity_url: str = ""
    execution_url: str = ""
    revision_url: str = ""
    description: str = ""

    def start(self, request: Request) -> Result:
        """Begin the work. May be called again with the same `request.idempotency_token` after a crash."""
        return Failed(f"{self.action_type} is not started by Headrace.", code="ConfigurationError")

    def poll(self, request: Request, running: Running) -> Result:
        """Say how far the work is. Called after each Running, about `poll_after_seconds` later."""
        return Failed(f"{self.action_type} does not go on after its start.", code="ConfigurationError")

    def abandon(self, request: Request, running: Running) -> None:
        """Let go of the work: nobody waits for it any more. Called once."""

    def latest_revision(self, request: Request) -> Revision | None:
        """Return what the source is at now, or None if this is no source. Raises SourceUnavailable."""
        return None
