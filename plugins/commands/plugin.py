"""Compute: the shell commands of a pipeline, in a sandbox."""

from headrace_sdk import ActionProvider, ActionTypeId, Failed, Request, Succeeded, hookimpl, shell


class Commands(ActionProvider):
    """Runs the commands of the action's declaration in one shell, in order, and stops at the first that fails.

    Source: CodePipeline User Guide, Commands action reference.
    """

    action_type = ActionTypeId("Compute", "AWS", "Commands", "1")
    also_accepted_as = (ActionTypeId("Build", "AWS", "Commands", "1"),)
    properties = shell.PROPERTIES
    input_artifacts = (1, 10)
    output_artifacts = (0, 1)
    timeout_seconds = shell.LONGEST_RUN_SECONDS
    v2_only = True
    declaration_members = frozenset({"commands", "outputVariables", "environmentVariables", "files"})
    description = "Runs shell commands in a sandbox."

    def start(self, request: Request) -> Succeeded | Failed:
        refusal = shell.refused(request)
        if refusal:
            return Failed(refusal, code="ConfigurationError")
        box = request.workspace / shell.BOX
        work = shell.unpack_inputs(request, box)
        failure = shell.run_commands(request, box, work)
        if failure:
            return Failed(failure)
        for artifact in request.outputs.values():
            archive = request.workspace / "output.zip"
            request.sandbox.collect(box / work, artifact.files or ("**/*",), archive)
            artifact.write_file(archive)
        return Succeeded(shell.succeeded(request), output_variables=shell.variables(request, box))


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [Commands()]
