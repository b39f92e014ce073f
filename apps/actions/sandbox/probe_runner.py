"""A runner that the self-test kills while its command runs. Arguments: tier, options as JSON, a marker."""

import json
import os
import sys

from .command import Limits, Tier
from .options import Options
from .probing import run
from .runner import Sandbox


def main(tier: str, options: str, marker: str) -> None:
    fields = json.loads(options)
    sandbox = Sandbox(Tier(tier), Options(**(fields | {"uids": range(*fields["uids"])})))
    run(sandbox, ("/bin/sh", "-c", "echo; sleep 60 & wait", marker), Limits(wall_seconds=70), on_output=_announce)


def _announce(_: bytes) -> None:
    os.write(1, b"started\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
