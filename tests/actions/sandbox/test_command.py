from pathlib import Path

import pytest

from apps.actions.sandbox import Command, Ended, Reason
from apps.actions.sandbox.command import Limits
from apps.actions.sandbox.supervise import sentence

WORK = Path("work")


@pytest.mark.parametrize("name", ["", "A=B", "A\0B"])
def test_a_variable_s_name_must_be_one(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        Command(("true",), WORK, environment={name: "x"})


def test_no_value_can_smuggle_an_option_in():
    with pytest.raises(ValueError, match="NUL"):
        Command(("true",), WORK, environment={"A": "x\0--bind\0/\0/host"})


@pytest.mark.parametrize("argv", [(), ("a\0b",)])
def test_a_command_is_words_without_nul(argv):
    with pytest.raises(ValueError, match="command"):
        Command(argv, WORK)


@pytest.mark.parametrize(
    "inside", ["/", "/usr", "/w", "/w/tools", "/proc/x", "/run/secrets/x", "/tmp/x", "/opt/../w", "opt/x", "/opt/x/"]
)
def test_a_bound_path_cannot_take_the_place_of_the_sandbox_s_own(inside):
    with pytest.raises(ValueError, match="path"):
        Command(("true",), WORK, read_only=((Path("tools"), inside),))


@pytest.mark.parametrize("name", ["..", ".", "a/b", "", "a\0b"])
def test_a_secret_is_a_file_in_its_folder(name):
    with pytest.raises(ValueError, match="secret"):
        Command(("true",), WORK, secrets={name: b"x"})


@pytest.mark.parametrize(("code", "reason", "expected"), [(0, "", True), (1, "", False), (0, "memory limit", False)])
def test_a_limit_makes_a_failure_of_exit_code_0(code, reason, expected):
    assert Ended(code, reason, "", None, 0, 0, output_cut=False).succeeded is expected


@pytest.mark.parametrize("reason", list(Reason))
def test_every_end_is_told_in_a_sentence(reason):
    said = sentence(reason, 3, Limits())
    assert said.startswith("The command")
    assert said.endswith(".")
