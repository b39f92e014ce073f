"""Runs commands of manage.py for tests without Django's start, which takes longer than most commands.

One process starts Django and forks for each command, so that none sees what another left in memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple


class Ended(NamedTuple):
    status: int
    output: str
    complaint: str


class Commands:
    """The process that forks, in `environment`. It ends when it is closed, or with the program that made it."""

    def __init__(self, environment: Mapping[str, str], folder: str) -> None:
        self.environment = dict(environment)
        self._one_at_a_time = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tooling.commands"],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, words: Sequence[str]) -> Ended:
        assert self._process.stdin
        assert self._process.stdout
        with self._one_at_a_time:
            self._process.stdin.write(json.dumps(list(words)) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the process that runs commands ended"
        return Ended(*json.loads(answer))

    def close(self) -> None:
        self._process.communicate()


def serve() -> None:
    """Run each command of the standard input, a JSON list of words a line, and answer with a line."""
    import django

    django.setup()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def run(words: Sequence[str]) -> Ended:
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaint:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), sys.stdout.fileno())
            os.dup2(complaint.fileno(), sys.stderr.fileno())
            os._exit(perform(words))
        _, status = os.waitpid(child, 0)
        output.seek(0)
        complaint.seek(0)
        return Ended(os.waitstatus_to_exitcode(status), output.read(), complaint.read())


def perform(words: Sequence[str]) -> int:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["manage.py", *words])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve()
