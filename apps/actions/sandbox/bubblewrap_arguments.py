"""The options of bubblewrap. They go through a descriptor, for the job can read the command line of process 1."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from .command import MIB, SECRETS_DIR, WORK_DIR, Command, Limits

INSIDE_ID = 1000
DEV_SHM_BYTES = 16 * MIB
SECRETS_BYTES = 1 * MIB
OPEN_FILES = 1024
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_FILES = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs")
ACCOUNT_FILES = {
    "/etc/passwd": f"root:x:0:0:root:/:/bin/false\nbuild:x:{INSIDE_ID}:{INSIDE_ID}:build:{WORK_DIR}:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/:/bin/false\n",
    "/etc/group": f"root:x:0:\nbuild:x:{INSIDE_ID}:\nnogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/hosts": "127.0.0.1 localhost build\n::1 localhost build\n",
}
BASE_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": WORK_DIR, "LANG": "C.UTF-8"}

# Inside the box: say that it is sure to end with its runner by now, and wait for the word to go, which only a runner
# that lives can give. (bubblewrap's own --info-fd comes earlier, and leaves a process behind if nobody reads it.)
READY = b"headrace: ready\n"
GATE = f'echo "{READY.decode().strip()}" && read -r go && exec "$@" </dev/null'


def isolation() -> list[str]:
    """Return the options that take everything away."""
    namespaces = ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts")
    identity = ("--uid", str(INSIDE_ID), "--gid", str(INSIDE_ID), "--hostname", "build")
    ending = ("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv")
    return [*namespaces, "--unshare-cgroup-try", "--disable-userns", *identity, *ending]


def file_system(
    work_dir: str,
    read_only: Sequence[tuple[str, str]],
    files: Sequence[tuple[int, str]],
    secrets: Mapping[str, int],
    limits: Limits,
) -> list[str]:
    """Return the options that build the file system. Their order matters: sizes before their tmpfs, read-only last."""
    options = ["--ro-bind", "/usr", "/usr", *_system_folders()]
    for path in SYSTEM_FILES:
        options += ["--ro-bind-try", path, path]
    for descriptor, inside in files:
        options += ["--perms", "0644", "--file", str(descriptor), inside]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(DEV_SHM_BYTES), "--tmpfs", "/dev/shm"]
    options += ["--size", str(limits.tmp_bytes), "--tmpfs", "/tmp"]
    return [*options, *_own_folders(work_dir, read_only), *_secrets(secrets), *_closing()]


def environment(command: Command) -> list[str]:
    variables = BASE_ENVIRONMENT | dict(command.environment)
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def inner_command(command: Command, *, capped: bool) -> list[str]:
    """Return what bubblewrap starts: the gate, then the limits of single processes, then the command."""
    return ["/bin/sh", "-c", GATE, "sh", "/usr/bin/prlimit", *rlimits(command.limits, capped=capped), *command.argv]


def rlimits(limits: Limits, *, capped: bool) -> list[str]:
    """Return prlimit's options. Without control groups (`capped` false) these hold memory and processes as they can."""
    cpu_seconds = int(limits.wall_seconds * (os.cpu_count() or 1)) + 60
    options = [f"--nofile={OPEN_FILES}", "--core=0", f"--fsize={limits.disk_bytes}", f"--cpu={cpu_seconds}"]
    if not capped:
        options += [f"--data={limits.memory_bytes}", f"--nproc={limits.processes}"]
    return [*options, "--"]


def packed(options: Sequence[str]) -> bytes:
    """Return the options as bubblewrap's --args reads them."""
    return b"".join(os.fsencode(option) + b"\0" for option in options)


def _system_folders() -> list[str]:
    options: list[str] = []
    for name in SYSTEM_FOLDERS:
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    return options


def _own_folders(work_dir: str, read_only: Sequence[tuple[str, str]]) -> list[str]:
    binds = [word for host, inside in read_only for word in ("--ro-bind", host, inside)]
    return [*binds, "--bind", work_dir, WORK_DIR]


def _secrets(secrets: Mapping[str, int]) -> list[str]:
    options = ["--perms", "0700", "--size", str(SECRETS_BYTES), "--tmpfs", SECRETS_DIR]
    for name, descriptor in secrets.items():
        options += ["--perms", "0400", "--file", str(descriptor), f"{SECRETS_DIR}/{name}"]
    return options


def _closing() -> list[str]:
    read_only = [word for path in (SECRETS_DIR, "/dev", "/") for word in ("--remount-ro", path)]
    return [*read_only, "--chdir", WORK_DIR]
