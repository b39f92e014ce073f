"""Sets Headrace up and runs it: python3 pipelines_project/bootstrap.py VERB. The standard library is enough."""

import signal
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  the one place that an older Python reaches
    sys.exit("Headrace needs Python 3.11 or later; this is %s." % sys.version.split()[0])  # noqa: UP031
sys.path[0] = str(Path(__file__).resolve().parents[1])

from collections.abc import Callable, Sequence  # noqa: E402
from types import FrameType  # noqa: E402

from pipelines_project.env import SettingError  # noqa: E402
from pipelines_project.launch import checks, cleaning, serve  # noqa: E402
from pipelines_project.launch.places import SetupError, end_running  # noqa: E402

VERBS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "run": (lambda _: serve.run(), "set up what is missing and serve, on http://127.0.0.1:8000 by default"),
    "setup": (lambda _: serve.set_up(), "set up only"),
    "test": (checks.test, "pass the tests that need no other service"),
    "fast": (checks.fast, "the same, last failures first, to the first failure"),
    "lint": (checks.lint, "check types, style, templates and migrations"),
    "simulate": (checks.simulate, "drive engine, jobs and timers from random seeds; SEEDS=n says from how many"),
    "bench": (checks.bench, "measure it on SQLite and on PostgreSQL, beside yardsticks"),
    "clean": (lambda _: cleaning.clean(), "remove .venv and the caches; data stays"),
}
INTERRUPTED = 130


def on_signal(number: int, frame: FrameType | None) -> None:
    end_running()
    raise SystemExit(128 + number)


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in VERBS:
        print("Usage: python3 pipelines_project/bootstrap.py VERB [ARGUMENT ...]\n")
        print("\n".join(f"  {verb:<8} {text}" for verb, (_, text) in VERBS.items()))
        return 2
    signal.signal(signal.SIGTERM, on_signal)
    try:
        return VERBS[arguments[0]][0](arguments[1:])
    except (SetupError, SettingError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        end_running()
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
