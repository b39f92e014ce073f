"""What an operator may set about the sandbox."""

import shutil
from dataclasses import dataclass, field

UIDS = range(200_000, 265_536)


def _bubblewrap() -> str | None:
    return shutil.which("bwrap")


def _engine() -> str | None:
    return shutil.which("podman") or shutil.which("docker")


@dataclass(frozen=True)
class Options:
    """Shapes: `bubblewrap` and `engine` are paths of programs, None where there is none; `rootfs` is a folder with
    the root file system of containers; `image` the name of one that the engine already has. `uids` are user ids
    that nobody else on this machine uses; each command gets its own when the runner is root.
    """

    bubblewrap: str | None = field(default_factory=_bubblewrap)
    engine: str | None = field(default_factory=_engine)
    rootfs: str = ""
    image: str = ""
    uids: range = UIDS
