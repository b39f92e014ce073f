import os
import zipfile

import pytest

from headrace_sdk import Ended
from headrace_sdk.testing import LocalSandbox, MemoryArtifacts, ProviderContract, make_request, run_action
from plugins.commands.plugin import Commands


class TestContract(ProviderContract):
    provider = Commands()
    configuration = {"ComputeType": "BUILD_GENERAL1_SMALL"}

    def request_fields(self, folder):
        return {"commands": ("cat index.html",), "sandbox": LocalSandbox()}


def run(tmp_path, *commands, files=(), names=(), more=None, **fields):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_input("Source", {"a.txt": b"first"})
    for name, content in (more or {}).items():
        artifacts.add_input(name, content)
    if files:
        artifacts.add_output("Out", *files)
    request = make_request(
        tmp_path,
        fields.pop("configuration", {}),
        artifacts=artifacts,
        commands=commands,
        output_variable_names=tuple(names),
        **{"sandbox": LocalSandbox(), **fields},
    )
    return run_action(Commands(), request), artifacts


def test_commands_run_in_one_shell_in_order_and_are_echoed(tmp_path):
    ended, _ = run(tmp_path, "mkdir sub && cd sub", "export WHO=you", 'echo "hello $WHO"; basename "$PWD"')
    assert ended.result.summary == "3 commands succeeded."
    assert (
        ended.log == '$ mkdir sub && cd sub\n$ export WHO=you\n$ echo "hello $WHO"; basename "$PWD"\nhello you\nsub\n'
    )


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (["true", "exit 3", "touch never"], "Command 2 of 3 failed with exit code 3: exit 3"),
        (["false"], "Command 1 of 1 failed with exit code 1: false"),
        (["false && true", "touch never"], "Command 1 of 2 failed with exit code 1: false && true"),
        (["true", "no-such-program-x"], "Command 2 of 2 failed with exit code 127: no-such-program-x"),
        (["echo 'open", "touch never"], "Command 1 of 2 failed with exit code 2: echo 'open"),
        (["(exit 5)", "touch never"], "Command 1 of 2 failed with exit code 5: (exit 5)"),
        (["false\ntouch never"], "Command 1 of 1 failed with exit code 1: false\ntouch never"),
    ],
)
def test_the_first_command_that_fails_is_named_and_nothing_follows(tmp_path, commands, message):
    ended, _ = run(tmp_path, *commands)
    assert ended.result.message == message
    assert not list(tmp_path.rglob("never"))


def test_quotes_dollars_and_percent_signs_arrive_as_written(tmp_path):
    ended, _ = run(tmp_path, """printf '%s|' "it's" '$HOME' 100%""")
    assert ended.log.endswith("it's|$HOME|100%|")


def test_further_artifacts_lie_beside_the_first(tmp_path):
    ended, _ = run(tmp_path, "cat a.txt ../Other/b.txt", more={"Other": {"b.txt": b"second"}})
    assert ended.log.endswith("firstsecond")


def test_variables_are_read_from_the_shell_at_its_end(tmp_path):
    text = "two\nlines $x `y`"
    ended, _ = run(tmp_path, "export A=1; A=2", f"B='{text}'", "unset C", names=["A", "B", "C"], environment={"C": "c"})
    assert ended.result.output_variables == {"A": "2", "B": text}


def test_a_variable_that_is_no_name_is_refused_before_anything_runs(tmp_path):
    ended, _ = run(tmp_path, "touch never", names=["A; touch never"])
    assert ended.result.code == "ConfigurationError"
    assert not list(tmp_path.rglob("never"))


def test_a_variable_file_that_the_commands_made_a_link_is_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    ended, _ = run(tmp_path, f"ln -s {secret} ../.headrace/variable-A", names=["A"])
    assert ended.result.output_variables == {}


def test_the_files_asked_for_become_the_output(tmp_path):
    ended, artifacts = run(tmp_path, "mkdir dist", "echo w > dist/a.whl", "echo x > other", files=["dist/*.whl"])
    assert ended.result.summary
    assert artifacts.outputs["Out"].content == {"dist/a.whl": b"w\n"}


def test_an_output_that_nothing_matches_fails_the_action(tmp_path):
    ended, _ = run(tmp_path, "true", files=["dist/*"])
    assert ended.result.message == "No file matches dist/*."


def test_a_link_among_the_output_fails_the_action(tmp_path):
    ended, _ = run(tmp_path, "ln -s /etc/passwd out", files=["out"])
    assert "'out' is a link" in ended.result.message


def test_long_lists_of_long_commands_fit(tmp_path):
    ended, _ = run(tmp_path, *[f": {'x' * 5000}" for _ in range(60)])
    assert ended.result.summary == "60 commands succeeded."


def test_windows_and_no_commands_are_refused(tmp_path):
    ended, _ = run(tmp_path, "dir", configuration={"EnvironmentType": "WINDOWS_SERVER_2022_CONTAINER"})
    assert ended.result.code == "ConfigurationError"


def test_no_commands_are_refused(tmp_path):
    assert run(tmp_path)[0].result.code == "ConfigurationError"


def test_a_limit_of_the_sandbox_is_named_with_its_command(tmp_path):
    class Limited(LocalSandbox):
        def run(self, argv, *, work_dir, **rest):
            (work_dir / ".headrace" / "command").write_text("1\n")
            return Ended(137, "memory limit", "It used more than 512 MiB of memory.")

    ended, _ = run(tmp_path, "make all", sandbox=Limited())
    assert ended.result.message == "Command 1 of 1 was ended: It used more than 512 MiB of memory: make all"


def test_what_a_killed_start_left_is_no_obstacle(tmp_path):
    left = tmp_path / "workspace" / "box" / "Source"
    left.mkdir(parents=True)
    (left / "a.txt").write_text("old")
    ended, _ = run(tmp_path, "cat a.txt")
    assert ended.log.endswith("first")


def test_the_output_keeps_execute_bits(tmp_path):
    _, artifacts = run(tmp_path, "echo hi > run.sh; chmod 755 run.sh", files=["run.sh"])
    with zipfile.ZipFile(artifacts.outputs["Out"]._path) as packed:
        assert packed.infolist()[0].external_attr >> 16 & 0o111
    assert os.access(tmp_path, os.X_OK)
