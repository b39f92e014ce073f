"""An ordinary plugin: actions and a rule that do nothing, or what they are told. For tests and measurements."""

import os
import time
from pathlib import Path

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    Failed,
    Property,
    Request,
    Revision,
    RuleProvider,
    Running,
    Succeeded,
    hookimpl,
)

BEHAVIOUR = Property(
    "Behaviour",
    help="What to do: 'succeed', 'fail', 'sleep:SECONDS', or 'journal:FILE' to note the token in a file first.",
)


class Noop(ActionProvider):
    """Succeeds at once unless its configuration says otherwise."""

    properties = (BEHAVIOUR,)
    description = "Does nothing."

    def start(self, request: Request) -> Succeeded | Failed:
        word, _, detail = request.configuration.get("Behaviour", "succeed").partition(":")
        if word == "sleep":
            time.sleep(float(detail))
        if word == "journal":
            note(Path(detail), request)
        if word == "fail":
            return Failed("It was asked to fail.")
        self.write_outputs(request)
        return Succeeded("Did nothing.", revision=self.revision(request))

    def write_outputs(self, request: Request) -> None:
        for output in request.outputs.values():
            folder = request.workspace / output.name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "token.txt").write_text(request.idempotency_token)
            output.write_directory(folder)

    def revision(self, request: Request) -> Revision | None:
        return None


def note(file: Path, request: Request) -> None:
    """Append this attempt and its token, durably, then take long enough to be interrupted."""
    line = f"{request.pipeline.action_execution_id} {request.idempotency_token}\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as journal:
        journal.write(line.encode())
        os.fsync(journal.fileno())
    time.sleep(0.3)


class NoopSource(Noop):
    action_type = ActionTypeId("Source", "ThirdParty", "Noop", "1")
    output_artifacts = (0, 1)

    def revision(self, request: Request) -> Revision:
        return Revision(request.idempotency_token, summary="Nothing changed")


class NoopBuild(Noop):
    action_type = ActionTypeId("Build", "ThirdParty", "Noop", "1")
    input_artifacts = (0, 1)
    output_artifacts = (0, 1)


class NoopDeploy(Noop):
    action_type = ActionTypeId("Deploy", "ThirdParty", "Noop", "1")
    input_artifacts = (0, 1)


class NoopRule(RuleProvider):
    """Succeeds at once unless its configuration says otherwise. "sleep" goes on in further steps, as a wait does.

    "err" is a check that cannot be made.
    """

    rule_type = ActionTypeId("Rule", "AWS", "Noop", "1")
    properties = (BEHAVIOUR,)
    input_artifacts = (0, 1)
    description = "Does nothing."

    def start(self, request: Request) -> Succeeded | Failed | Running:
        word, _, detail = request.configuration.get("Behaviour", "succeed").partition(":")
        if word == "sleep":
            return Running(summary=f"Sleeps for {detail} seconds.", poll_after_seconds=float(detail))
        return self.verdict(word)

    def poll(self, request: Request, running: Running) -> Succeeded | Failed | Running:
        return self.verdict("succeed")

    def verdict(self, word: str) -> Succeeded | Failed:
        if word == "err":
            return Failed("It was asked to be wrong.", "ConfigurationError")
        return Failed("It was asked to fail.") if word == "fail" else Succeeded("Did nothing.")


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [NoopRule()]


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [NoopSource(), NoopBuild(), NoopDeploy()]
