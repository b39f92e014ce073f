"""Runs the shell commands that an account declares, in the sandbox: for the Commands action and the Commands rule.

A box is the one folder the commands may write: each input artifact lies in it under its name, and a hidden folder keeps
what the shell leaves behind, the number of its command and its variables.
"""

import re
import shlex
import shutil
from pathlib import Path

from .files import read_beneath
from .request import Ended, Request
from .types import Property

BOX = "box"
LEFT = ".headrace"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_VALUE = 122_880  # bytes; CodePipeline User Guide, quotas: output variables of one action
LINUX = "LINUX_CONTAINER"
LONGEST_RUN_SECONDS = 55 * 60  # CodePipeline User Guide, Commands action and rule
PROPERTIES = (
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


def refused(request: Request) -> str:
    """Return why the commands cannot run, or nothing."""
    kind = request.configuration.get("EnvironmentType", LINUX)
    if kind != LINUX:
        return f"EnvironmentType '{kind}' is not there. Use {LINUX}."
    if not request.commands:
        return "There are no commands. Add at least one."
    odd = [name for name in request.output_variable_names if not VARIABLE.fullmatch(name)]
    return f"Output variable '{odd[0]}' is no name of a shell variable." if odd else ""


def unpack_inputs(request: Request, box: Path) -> str:
    """Unpack each artifact to a folder of its name, side by side, and return the name of the first.

    Raises: ArchiveRefused.
    """
    shutil.rmtree(box, ignore_errors=True)  # left by a start that was killed
    (box / LEFT).mkdir(parents=True)
    for artifact in request.inputs.values():
        artifact.extract_to(box / artifact.name)
    work = next(iter(request.inputs), "work")
    (box / work).mkdir(exist_ok=True)
    return work


def run_commands(request: Request, box: Path, work: str) -> str:
    """Run all commands in one shell, so that each sees what those before it exported and where they went.

    Returns which command failed and how, in one sentence, or nothing when all succeeded.
    Raises: SandboxUnavailable.
    """
    text = script(request.commands, request.output_variable_names, work)
    (box / LEFT / "script").write_text(text, encoding="utf-8", errors="surrogateescape")
    ended = request.sandbox.run(
        ["/bin/sh", "-e", f"{LEFT}/script"],
        work_dir=box,
        environment=request.environment,
        on_output=request.log.write,
        timeout_seconds=LONGEST_RUN_SECONDS,
    )
    return failure(request, box, ended) if ended.reason != "exited" or ended.exit_code else ""


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


def succeeded(request: Request) -> str:
    """Return "1 command succeeded.", "2 commands succeeded."."""
    number = len(request.commands)
    return f"{number} command{'' if number == 1 else 's'} succeeded."
