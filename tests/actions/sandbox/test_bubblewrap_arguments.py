from pathlib import Path

from apps.actions.sandbox import Command, Limits
from apps.actions.sandbox import bubblewrap_arguments as arguments

LIMITS = Limits(tmp_bytes=123, disk_bytes=77, memory_bytes=55, processes=9)


def built(**secrets):
    return arguments.file_system("/stage/0", [("/stage/1", "/opt/ruff")], [(5, "/etc/passwd")], secrets, LIMITS)


def position(options, *words):
    return next(at for at in range(len(options)) if tuple(options[at : at + len(words)]) == words)


def test_every_namespace_is_its_own_and_no_more_can_be_made():
    options = arguments.isolation()
    for name in ("user", "ipc", "pid", "net", "uts"):
        assert f"--unshare-{name}" in options
    assert {"--disable-userns", "--die-with-parent", "--new-session", "--clearenv"} <= set(options)
    assert options[position(options, "--cap-drop") + 1] == "ALL"


def test_each_tmpfs_has_its_size_before_it():
    options = built()
    for at, word in enumerate(options):
        if word == "--tmpfs":
            assert options[at - 2] == "--size", options[at + 1]
    assert options[position(options, "--tmpfs", "/tmp") - 1] == "123"


def test_nothing_is_mounted_after_the_root_became_read_only():
    options = built(key=6)
    last = position(options, "--remount-ro", "/")
    assert options[last:] == ["--remount-ro", "/", "--chdir", "/w"]
    for path in ("/run/secrets", "/dev"):
        assert position(options, "--remount-ro", path) > position(options, "--bind", "/stage/0", "/w")


def test_a_secret_is_a_file_that_only_its_owner_reads():
    options = built(key=6)
    at = position(options, "--file", "6", "/run/secrets/key")
    assert options[at - 2 : at] == ["--perms", "0400"]


def test_tools_are_bound_read_only():
    assert position(built(), "--ro-bind", "/stage/1", "/opt/ruff") >= 0


def test_the_environment_is_the_job_s_own_with_three_more():
    command = Command(("true",), Path("w"), environment={"CI": "1", "PATH": "/opt/ruff:/usr/bin"})
    words = arguments.environment(command)
    assert words[0::3] == ["--setenv"] * 4
    assert dict(zip(words[1::3], words[2::3], strict=True)) == {
        "CI": "1",
        "PATH": "/opt/ruff:/usr/bin",
        "HOME": "/w",
        "LANG": "C.UTF-8",
    }


def test_options_are_packed_with_nul_between_them():
    assert arguments.packed(["--setenv", "A", "b c"]) == b"--setenv\0A\0b c\0"


def test_limits_of_single_processes_replace_control_groups_only_without_them():
    command = Command(("make", "all"), Path("w"), limits=LIMITS)
    with_groups, without = (arguments.inner_command(command, capped=capped) for capped in (True, False))
    assert with_groups[-2:] == without[-2:] == ["make", "all"]
    assert {"--core=0", "--nofile=1024", "--fsize=77"} <= set(with_groups)
    assert set(without) - set(with_groups) == {"--data=55", "--nproc=9"}
