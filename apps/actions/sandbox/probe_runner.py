"""A runner that the self-test kills while its command runs. Arguments: tier, options as JSON, work folder, a marker."""

import json
import os
import sys
from pathlib import Path

from .command import Command, Limits, Tier
from .options import Options
from .runner import Sandbox


def main(tier: str, options: str, work_dir: str, marker: str) -> None:
    fields = json.loads(options)
    sandbox = Sandbox(Tier(tier), Options(**(fields | {"uids": range(*fields["uids"])})))
    words = ("/bin/sh", "-c", "echo; sleep 60 & wait", marker)
    sandbox.run(Command(words, Path(work_dir), limits=Limits(wall_seconds=70)), _announce)


def _announce(_: bytes) -> None:
    os.write(1, b"started\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
