"""What to run, within which limits, and how it ended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

MIB = 1024**2
WORK_DIR = "/w"
SECRETS_DIR = "/run/secrets"
RESERVED = (WORK_DIR, "/proc", "/dev", "/sys", "/run", "/tmp", "/etc/passwd", "/etc/group")
WHOLE_ONLY = ("/", "/usr", "/etc", "/bin", "/sbin", "/lib", "/lib64")
SECRET_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


class Tier(StrEnum):
    """The kinds of isolation, best first."""

    CONTAINER = "A"
    BUBBLEWRAP = "B"
    UNCAPPED = "C"
    PLAIN = "D"


class Reason(StrEnum):
    """Why a command did not end by itself; empty if it did."""

    NONE = ""
    MEMORY = "memory limit"
    PROCESSES = "process limit"
    TIME = "time limit"
    OUTPUT = "output limit"
    DISK = "disk limit"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Limits:
    """What one command may use.

    Units: `cpu_share` is per cent of one core, None for all of it; `disk_bytes` and `inodes` are those of the work
    folder. `output_ends` ends the command at `output_bytes`; otherwise it goes on and the rest is not shown.
    """

    memory_bytes: int = 512 * MIB
    processes: int = 256
    cpu_share: int | None = 100
    wall_seconds: float = 3600
    output_bytes: int = 4 * MIB
    output_ends: bool = False
    disk_bytes: int = 1024 * MIB
    inodes: int = 200_000
    tmp_bytes: int = 64 * MIB
    grace_seconds: float = 5


@dataclass(frozen=True)
class Command:
    """One command. It sees `environment` and PATH, HOME and LANG, no other variable.

    Shapes: `work_dir` is at /w inside and is the current folder; `read_only` are pairs of a path on the host and an
    absolute path inside; `secrets` become files of these names in /run/secrets.
    Raises: ValueError for what cannot be passed on, such as a NUL or a path inside that the sandbox needs itself.
    """

    argv: tuple[str, ...]
    work_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    read_only: tuple[tuple[Path, str], ...] = ()
    limits: Limits = field(default_factory=Limits)
    secrets: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("A command needs at least the name of a program.")
        if any("\0" in word for word in self.argv):
            raise ValueError("A command cannot hold a NUL character.")
        _check_environment(self.environment)
        for host, inside in self.read_only:
            _check_inside(host, inside)
        for name in self.secrets:
            if not SECRET_NAME.fullmatch(name):
                raise ValueError(f"'{name}' cannot be the name of a secret's file.")


@dataclass(frozen=True)
class Ended:
    """How a command ended. `message` is a sentence for people.

    Shapes: `exit_code` is None if the command was ended from outside, and 128 + n after signal n. A limit may have
    been hit although the code is 0, so ask `succeeded`. Where memory cannot be measured the peak is None.
    """

    exit_code: int | None
    reason: str
    message: str
    peak_memory_bytes: int | None
    cpu_seconds: float
    wall_seconds: float
    output_cut: bool

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not self.reason


def _check_environment(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name or "=" in name or "\0" in name:
            raise ValueError(f"{name!r} cannot be the name of an environment variable.")
        if "\0" in value:
            raise ValueError(f"The environment variable '{name}' holds a NUL character.")


def _check_inside(host: Path, inside: str) -> None:
    path = PurePosixPath(inside)
    if not path.is_absolute() or ".." in path.parts or "\0" in inside or "\0" in str(host) or str(path) != inside:
        raise ValueError(f"'{inside}' is not a plain absolute path.")
    if inside in WHOLE_ONLY or any(path.is_relative_to(reserved) for reserved in RESERVED):
        raise ValueError(f"'{inside}' is a path that the sandbox needs itself. Choose one below /opt.")
