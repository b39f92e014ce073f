import pytest

from apps.actions.sandbox import Command, Limits, NoIsolation, Options, Sandbox, Tier
from apps.actions.sandbox.container import run_arguments

LIMITS = Limits(memory_bytes=1000, processes=7, cpu_share=50, tmp_bytes=64, disk_bytes=99, wall_seconds=10)
PODMAN = Options(engine="/usr/bin/podman", rootfs="/srv/rootfs")
DOCKER = Options(engine="/usr/bin/docker", image="build:1")


def words(options, tmp_path):
    command = Command(
        ("make", "all"), tmp_path, {"CI": "1"}, ((tmp_path / "ruff", "/opt/ruff"),), LIMITS, {"key": b"hidden"}
    )
    return run_arguments(command, options, "headrace-1-2-abc", 200_001, tmp_path / "secrets")


def value(argv, option):
    return argv[argv.index(option) + 1]


@pytest.mark.parametrize("options", [PODMAN, DOCKER])
def test_a_container_has_no_network_no_rights_and_a_read_only_root(options, tmp_path):
    argv = words(options, tmp_path)
    assert value(argv, "--network") == "none"
    assert value(argv, "--cap-drop") == "all"
    assert value(argv, "--security-opt") == "no-new-privileges"
    assert value(argv, "--user") == "200001:200001"
    assert "--read-only" in argv
    assert not {"--privileged", "--rm"} & set(argv)


def test_its_limits_are_the_command_s(tmp_path):
    argv = words(PODMAN, tmp_path)
    limits = {option: value(argv, option) for option in ("--memory", "--memory-swap", "--pids-limit", "--cpus")}
    assert limits == {"--memory": "1000", "--memory-swap": "1000", "--pids-limit": "7", "--cpus": "0.5"}
    assert {"nofile=1024:1024", "nproc=7:7", "fsize=99:99", "/tmp:rw,size=64"} <= set(argv)


def test_its_label_tells_whose_it_is(tmp_path):
    assert value(words(PODMAN, tmp_path), "--label") == "headrace.run=1-2-abc"


def test_podman_runs_a_folder_and_ends_late_runs_itself(tmp_path):
    argv = words(PODMAN, tmp_path)
    assert argv[-4:] == ["--rootfs", "/srv/rootfs", "make", "all"]
    assert int(value(argv, "--timeout")) > 15


def test_docker_runs_an_image_that_it_has(tmp_path):
    argv = words(DOCKER, tmp_path)
    assert argv[-5:] == ["--pull", "never", "build:1", "make", "all"]
    assert "--timeout" not in argv


def test_secrets_are_bound_as_files_and_stand_in_no_word(tmp_path):
    argv = words(PODMAN, tmp_path)
    assert f"{tmp_path}/secrets:/run/secrets:ro" in argv
    assert not any("hidden" in word for word in argv)


@pytest.mark.parametrize("options", [Options(engine=None, rootfs="/srv"), Options(engine="/usr/bin/podman")])
def test_without_an_engine_or_a_root_there_is_no_container(options, tmp_path):
    with pytest.raises(NoIsolation):
        Sandbox(Tier.CONTAINER, options).run(Command(("true",), tmp_path), lambda _: None)
