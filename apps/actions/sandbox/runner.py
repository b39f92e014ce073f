"""The sandbox as the rest of the product sees it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import bubblewrap, bubblewrap_launch, cgroups, container, disk, plain
from .command import Command, Ended, Limits, Tier
from .options import Options
from .supervise import Box, supervise

DESCRIPTIONS = {
    Tier.CONTAINER: "container engine",
    Tier.BUBBLEWRAP: "bubblewrap with control groups",
    Tier.UNCAPPED: "bubblewrap without control groups: memory is not bounded over several processes",
    Tier.PLAIN: "no isolation: commands run as plain processes of this machine",
}


def never() -> bool:
    return False


@dataclass(frozen=True)
class Sandbox:
    """Runs commands in one kind of isolation. It holds no state: any number of threads may use it at once."""

    tier: Tier
    options: Options = field(default_factory=Options)

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.tier]

    def run(self, command: Command, on_output: Callable[[bytes], None], cancelled: Callable[[], bool] = never) -> Ended:
        """Run `command` to its end, in this thread. Nothing of it is left afterwards, nor if this process is killed.

        `on_output` gets standard output and error as they come; `cancelled` is asked ten times a second. If either
        raises, the command ends and the error goes on to the caller.
        Raises: SandboxBroken if the command could not be started, NoIsolation if the tier is not to be had here.
        """
        with self._box(command) as box:
            return supervise(box, command.limits, on_output, cancelled)

    @contextmanager
    def work_folder(self, parent: Path, limits: Limits) -> Iterator[Path]:
        """Give a new folder below `parent` for one or more commands, and remove it with all that they left.

        As root it is a file system of the size that `limits` say; elsewhere its size is looked at each second.
        """
        with disk.work_folder(parent, limits) as folder:
            yield folder

    def _box(self, command: Command) -> AbstractContextManager[Box]:
        if self.tier is Tier.CONTAINER:
            return container.opened(command, self.options)
        if self.tier is Tier.PLAIN:
            return plain.opened(command, self.options)
        return bubblewrap.opened(command, self.options, capped=self.tier is Tier.BUBBLEWRAP)


def sweep(options: Options, work_folders: Path | None = None) -> int:
    """Remove what killed runners left behind: groups, stages, containers, work folders. Returns how many."""
    found = cgroups.sweep() + bubblewrap_launch.sweep()
    if options.engine and (options.rootfs or options.image):
        found += container.sweep(options.engine)
    return found + (disk.sweep(work_folders) if work_folders else 0)
