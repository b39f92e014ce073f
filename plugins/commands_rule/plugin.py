"""Rule: the shell commands of a condition, in a sandbox."""

from headrace_sdk import ActionTypeId, Failed, Request, RuleProvider, Succeeded, hookimpl, shell


class CommandsRule(RuleProvider):
    """Succeeds when every command does; the first that fails ends it. Nothing of what they leave is kept.

    Source: CodePipeline User Guide, Commands rule.
    """

    rule_type = ActionTypeId("Rule", "AWS", "Commands", "1")
    properties = shell.PROPERTIES
    input_artifacts = (0, 5)
    timeout_seconds = shell.LONGEST_RUN_SECONDS
    declaration_members = frozenset({"commands"})
    description = "Runs shell commands in a sandbox; they are the check."

    def start(self, request: Request) -> Succeeded | Failed:
        refusal = shell.refused(request)
        if refusal:
            return Failed(refusal, code="ConfigurationError")
        box = request.workspace / shell.BOX
        failure = shell.run_commands(request, box, shell.unpack_inputs(request, box))
        return Failed(failure) if failure else Succeeded(shell.succeeded(request))


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [CommandsRule()]
