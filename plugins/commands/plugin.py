"""Compute: the shell commands of a pipeline, in a sandbox."""

import re
import shlex
import shutil
from pathlib import Path

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    ArchiveRefused,
    Ended,
    Failed,
    Property,
    Request,
    SandboxUnavailable,
    Succeeded,
    hookimpl,
)
from headrace_sdk.files import read_beneath

BOX = "box"
LEFT = ".headrace"  # what the shell leaves for us: the number of its command, and its variables
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_VALUE = 122_880  # bytes; CodePipeline User Guide, quotas: output variables of one action
LINUX = "LINUX_CONTAINER"


class Commands(ActionProvider):
    """Runs the commands of the action's declaration in one shell, in order, and stops at the first that fails.

    Source: CodePipeline User Guide, Commands action reference.
    """

    action_type = ActionTypeId("Compute", "AWS", "Commands", "1")
    also_accepted_as = (ActionTypeId("Build", "AWS", "Commands", "1"),)
    properties = (
        Property(
            "EnvironmentType",
            type="choice",
            choices=(LINUX, "WINDOWS_SERVER_2022_CONTAINER"),
            help=f"Where the commands run. Only {LINUX} is there.",
        ),
        Property(
            "ComputeType",
            type="choice",
            choices=("BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE"),
            help="How much memory and how many processors the commands get.",
        ),
        Property("VpcId", help="Accepted for AWS's sake; commands have no network of their own here."),
        Property("Subnets", help="Accepted for AWS's sake; see VpcId."),
        Property("SecurityGroupIds", help="Accepted for AWS's sake; see VpcId."),
    )
    input_artifacts = (1, 10)
    output_artifacts = (0, 1)
    timeout_seconds = 55 * 60
    v2_only = True
    declaration_members = frozenset({"commands", "outputVariables", "environmentVariables", "files"})
    description = "Runs shell commands in a sandbox."

    def start(self, request: Request) -> Succeeded | Failed:
        refusal = refused(request)
        if refusal:
            return Failed(refusal, code="ConfigurationError")
        box = request.workspace / BOX
        try:
            work = unpack_inputs(request, box)
            ended = run_commands(request, box, work)
            if ended.reason != "exited" or ended.exit_code:
                return Failed(failure(request, box, ended))
            for artifact in request.outputs.values():
                archive = request.workspace / "output.zip"
                request.sandbox.collect(box / work, artifact.files or ("**/*",), archive)
                artifact.write_file(archive)
        except ArchiveRefused as refusal:
            return Failed(str(refusal))
        except SandboxUnavailable as unavailable:
            return Failed(str(unavailable), code="SystemUnavailable")
        return Succeeded(
            f"{counted(len(request.commands), 'command')} succeeded.", output_variables=variables(request, box)
        )


def refused(request: Request) -> str:
    """Return why this action cannot run, or nothing."""
    kind = request.configuration.get("EnvironmentType", LINUX)
    if kind != LINUX:
        return f"EnvironmentType '{kind}' is not there. Use {LINUX}."
    if not request.commands:
        return "The action has no commands. Add at least one."
    odd = [name for name in request.output_variable_names if not VARIABLE.fullmatch(name)]
    return f"Output variable '{odd[0]}' is no name of a shell variable." if odd else ""


def unpack_inputs(request: Request, box: Path) -> str:
    """Unpack each artifact to a folder of its name, side by side, and return the name of the first."""
    shutil.rmtree(box, ignore_errors=True)  # left by a start that was killed
    (box / LEFT).mkdir(parents=True)
    for artifact in request.inputs.values():
        artifact.extract_to(box / artifact.name)
    work = next(iter(request.inputs), "work")
    (box / work).mkdir(exist_ok=True)
    return work


def run_commands(request: Request, box: Path, work: str) -> Ended:
    """Run all commands in one shell, so that each sees what those before it exported and where they went."""
    text = script(request.commands, request.output_variable_names, work)
    (box / LEFT / "script").write_text(text, encoding="utf-8", errors="surrogateescape")
    return request.sandbox.run(
        ["/bin/sh", "-e", f"{LEFT}/script"],
        work_dir=box,
        environment=request.environment,
        on_output=request.log.write,
        timeout_seconds=Commands.timeout_seconds,
    )


def script(commands: tuple[str, ...], names: tuple[str, ...], work: str) -> str:
    """Return the shell text that echoes and runs `commands` and then writes down the variables `names`.

    Each command is evaluated by itself, so that an open quote in one does not swallow the next; its status is looked at
    once more because `set -e` passes over `false && true`.
    """
    lines = [f'headrace_left="$PWD/{LEFT}"', f"cd {shlex.quote(work)}"]
    for number, command in enumerate(commands, start=1):
        lines += [
            f"printf '%s\\n' {number} > \"$headrace_left/command\"",
            f"printf '%s\\n' {shlex.quote('$ ' + command)}",
            f"eval {shlex.quote(command)}",
            "headrace_status=$?",
            '[ "$headrace_status" -eq 0 ] || exit "$headrace_status"',
        ]
    for name in names:
        lines.append(f'[ -z "${{{name}+set}}" ] || printf %s "${name}" > "$headrace_left/variable-{name}"')
    return "\n".join([*lines, "exit 0"])


def failure(request: Request, box: Path, ended: Ended) -> str:
    """Return which command failed and how, in one sentence."""
    left = read_beneath(box, f"{LEFT}/command", 20) or b""
    number = int(left) if left.strip().isdigit() and 0 < int(left) <= len(request.commands) else 0
    if not number:
        return ended.message or f"The commands could not be started (exit code {ended.exit_code})."
    command = request.commands[number - 1]
    which = f"Command {number} of {len(request.commands)}"
    if ended.reason != "exited":
        return f"{which} was ended: {(ended.message or ended.reason).rstrip('.')}: {command}"
    return f"{which} failed with exit code {ended.exit_code}: {command}"


def variables(request: Request, box: Path) -> dict[str, str]:
    """Return the output variables the shell had set at its end."""
    found = {
        name: read_beneath(box, f"{LEFT}/variable-{name}", LONGEST_VALUE + 1) for name in request.output_variable_names
    }
    return {name: value.decode("utf-8", "replace") for name, value in found.items() if value is not None}


def counted(number: int, noun: str) -> str:
    """Return "1 command", "2 commands"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [Commands()]
