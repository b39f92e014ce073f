import zipfile

import pytest

from apps.actions.host import ChildPool, Finished, InputFile, StepOrder
from headrace_sdk import Failed, Succeeded
from headrace_sdk.testing import LocalSandbox, MemoryArtifacts, NoSandbox, RuleContract, make_request, run_action
from plugins.commands_rule.plugin import CommandsRule


class TestContract(RuleContract):
    provider = CommandsRule()
    configuration = {"ComputeType": "BUILD_GENERAL1_SMALL"}

    def request_fields(self, folder):
        return {"commands": ("true",), "sandbox": LocalSandbox()}


def run(folder, *commands, artifacts=None, **fields):
    fields = {"sandbox": LocalSandbox(), "configuration": {}, **fields}
    return run_action(CommandsRule(), make_request(folder, artifacts=artifacts, commands=commands, **fields))


def test_it_succeeds_when_every_command_does(tmp_path):
    ended = run(tmp_path, "GREETING=hello", 'echo "$GREETING"')
    assert ended.result == Succeeded("2 commands succeeded.")
    assert ended.log.endswith("hello\n")


def test_it_fails_with_the_first_command_that_fails(tmp_path):
    ended = run(tmp_path, "true", "exit 7", "echo never")
    assert ended.result.message == "Command 2 of 3 failed with exit code 7: exit 7"
    assert "never" not in ended.log.splitlines()


def test_it_may_look_into_artifacts(tmp_path):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_input("Report", {"result.txt": b"PASSED"})
    assert run(tmp_path, "grep -q PASSED result.txt", artifacts=artifacts).result == Succeeded("1 command succeeded.")


@pytest.mark.parametrize(
    ("commands", "fields", "code"),
    [
        ((), {}, "ConfigurationError"),
        (("true",), {"configuration": {"EnvironmentType": "WINDOWS_SERVER_2022_CONTAINER"}}, "ConfigurationError"),
        (("true",), {"sandbox": NoSandbox()}, "SystemUnavailable"),
    ],
)
def test_what_cannot_run_says_so(tmp_path, commands, fields, code):
    result = run(tmp_path, *commands, **fields).result
    assert isinstance(result, Failed)
    assert result.code == code


@pytest.mark.sandbox
def test_it_runs_in_the_sandbox_of_a_child(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as packed:
        packed.writestr("a.txt", "hello")
    order = StepOrder(
        action_type="Rule/AWS/Commands/1",
        step="start",
        token="rule-1",
        account_id="111122223333",
        workspace=str(tmp_path / "work"),
        commands=("grep -q hello a.txt", "test ! -e /etc/shadow"),
        inputs=(InputFile("In", str(tmp_path / "in.zip")),),
        sandbox={"allow_uncapped": True},
    )
    pool = ChildPool(1, modules=["plugins.commands_rule.plugin"])
    try:
        ended = pool.run(order, on_log=lambda content: None, deadline_seconds=60, cancelled=lambda: False)
    finally:
        pool.close()
    assert ended == Finished(Succeeded("2 commands succeeded."))
