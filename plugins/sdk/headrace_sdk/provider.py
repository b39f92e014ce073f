"""The base classes of providers: of actions, and of the rules that guard stages."""

from .request import Request
from .types import ActionTypeId, Failed, Performer, Property, Result, Revision, Running


class Provider:
    """What it takes, and the steps that do its work. Inherit ActionProvider or RuleProvider.

    A step returns Succeeded, Failed or Running; after Running, `poll` is called in a process that need not be the one
    that started it. A provider keeps nothing in itself between steps. An exception that leaves a step fails the work.

    Shapes: `input_artifacts` is the least and greatest number. `declaration_members` names what may be declared besides
    the configuration ("commands", "outputVariables", ...). `uses_aws` asks for `request.aws`; the manifest then says
    `aws = true` among its permissions.
    """

    properties: tuple[Property, ...] = ()
    input_artifacts: tuple[int, int] = (0, 0)
    timeout_seconds: int = 3600
    declaration_members: frozenset[str] = frozenset()
    entity_url: str = ""
    execution_url: str = ""
    revision_url: str = ""
    description: str = ""
    uses_aws: bool = False

    @property
    def type_id(self) -> ActionTypeId:
        """Return the id under which the catalogue has it."""
        raise NotImplementedError(f"{type(self).__name__} is neither an ActionProvider nor a RuleProvider.")

    def start(self, request: Request) -> Result:
        """Begin the work. May be called again with the same `request.idempotency_token` after a crash."""
        return Failed(f"{self.type_id} is not started by Headrace.", code="ConfigurationError")

    def poll(self, request: Request, running: Running) -> Result:
        """Say how far the work is. Called after each Running, about `poll_after_seconds` later."""
        return Failed(f"{self.type_id} does not go on after its start.", code="ConfigurationError")

    def abandon(self, request: Request, running: Running) -> None:
        """Let go of the work: nobody waits for it any more. Called once."""


class ActionProvider(Provider):
    """One action type. `output_artifacts` is the least and greatest number."""

    action_type: ActionTypeId
    also_accepted_as: tuple[ActionTypeId, ...] = ()
    output_artifacts: tuple[int, int] = (0, 0)
    v2_only: bool = False
    performed_by: Performer = Performer.WORKER

    @property
    def type_id(self) -> ActionTypeId:
        return self.action_type

    def latest_revision(self, request: Request) -> Revision | None:
        """Return what the source is at now, or None if this is no source. Raises SourceUnavailable."""
        return None


class RuleProvider(Provider):
    """One rule type: a check that a stage's condition makes before entry, on success or on failure.

    The rule succeeds when its work succeeds and fails when it fails; what follows is the condition's result. Its job
    runs as an action's does. A rule makes no artifact and no variable.
    Shapes: `rule_type` has the category "Rule", the owner "AWS" and the version "1".
    """

    rule_type: ActionTypeId

    @property
    def type_id(self) -> ActionTypeId:
        return self.rule_type
