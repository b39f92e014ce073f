"""The command line: `python -m tests.simulation --seeds 20 --steps 150`, `--replay FILE` or `--again FILE`."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_project.settings.test")
os.environ["HEADRACE_PLUGIN_MODULES"] = "tests.noop_plugin"


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds to run")
    parser.add_argument("--steps", type=int, default=150, help="how many steps each")
    parser.add_argument("--first", type=int, default=None, help="the first seed; left out, it comes from the clock")
    parser.add_argument("--processes", type=int, default=1, help="over how many processes to spread the seeds")
    parser.add_argument("--replay", type=Path, help="a history to take again, as a failing seed printed it")
    parser.add_argument("--again", type=Path, help="a history that a running Headrace kept, to be decided again")
    parser.add_argument("--keep", type=Path, help="where to write the history of a failing seed")
    parser.add_argument("--record", type=Path, help="where to write the history of one seed with its decisions")
    parser.add_argument("--as-found", action="store_true", help="do not shorten the history of a failing seed")
    parser.add_argument("--mutation", help="put this fault into the engine first")
    parser.add_argument("--mutations", action="store_true", help="tell after how many steps each fault is found")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    chosen = options(words)
    if chosen.mutations:
        return hunted(chosen)
    if chosen.processes > 1:
        return spread(chosen)
    import django

    django.setup()
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    if chosen.mutation:
        from tests.simulation.mutations import MUTATIONS

        MUTATIONS[chosen.mutation]()
    try:
        if chosen.record:
            return recorded(chosen)
        if chosen.again:
            return decided_again(chosen.again)
        return replayed(chosen.replay) if chosen.replay else simulated(chosen)
    finally:
        runner.teardown_databases(databases)


def hunted(chosen: argparse.Namespace) -> int:
    """Look for each mutation in a process of its own, for a mutated engine cannot be mended."""
    import ast
    import subprocess

    source = (Path(__file__).parent / "mutations.py").read_text()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [call.args[0].value for call in calls if getattr(call.func, "id", "") == "mutation"]  # type: ignore[attr-defined]
    escaped = 0
    for name in names:
        words = ["--mutation", name, "--seeds", str(chosen.seeds), "--steps", str(chosen.steps)]
        words += ["--first", str(chosen.first or 1), "--as-found"]
        done = subprocess.run([sys.executable, "-m", "tests.simulation", *words], capture_output=True, text=True)
        found = done.returncode == 1 and " failed after " in done.stdout
        escaped += not found
        said = next((line for line in done.stdout.splitlines() if "failed" in line), done.stdout + done.stderr[-500:])
        print(f"{'found' if found else 'ESCAPED':<8} {name}: {said}", flush=True)
    return 1 if escaped else 0


def spread(chosen: argparse.Namespace) -> int:
    """Run the seeds in several processes, each with a database of its own."""
    import subprocess

    first, share = first_seed(chosen), -(-chosen.seeds // chosen.processes)
    ahead = [(seed, min(share, first + chosen.seeds - seed)) for seed in range(first, first + chosen.seeds, share)]
    command = [sys.executable, "-m", "tests.simulation", "--steps", str(chosen.steps)]
    started = [
        subprocess.Popen(
            [*command, "--first", str(seed), "--seeds", str(number)],
        )
        for seed, number in ahead
    ]
    return max(process.wait() for process in started)


def first_seed(chosen: argparse.Namespace) -> int:
    return chosen.first if chosen.first is not None else int(time.time()) % 1_000_000_000


def simulated(chosen: argparse.Namespace) -> int:
    from tests.simulation.running import run_seed, shortened

    first = first_seed(chosen)
    began, taken = time.monotonic(), 0
    for seed in range(first, first + chosen.seeds):
        run = run_seed(seed, chosen.steps)
        taken += len(run.history)
        if run.problem:
            print(f"Seed {seed} failed after {taken} steps: {run.problem}")
            tell(run if chosen.as_found else shortened(run), chosen.keep)
            return 1
    seconds = time.monotonic() - began
    print(f"{chosen.seeds} seeds from {first}, {taken} steps in {seconds:.0f} s: every invariant held.")
    return 0


def recorded(chosen: argparse.Namespace) -> int:
    from tests.simulation.recorded import Decisions
    from tests.simulation.running import run_seed

    decisions = Decisions()
    run = run_seed(first_seed(chosen), chosen.steps, look=decisions.read)
    chosen.record.write_text(json.dumps(run.as_json() | {"decisions": decisions.lines}, indent=0))
    print(run.problem or f"{len(run.history)} steps, {len(decisions.lines)} decisions.")
    return 1 if run.problem else 0


def replayed(file: Path) -> int:
    from tests.simulation.recorded import Decisions, first_difference
    from tests.simulation.running import Taken, replay

    kept, decisions = json.loads(file.read_text()), Decisions()
    run = replay(kept["seed"], [Taken(**each) for each in kept["history"]], look=decisions.read)
    problem = run.problem or ("decisions" in kept and first_difference(kept["decisions"], decisions.lines))
    print(problem or "Every invariant held.")
    return 1 if problem else 0


def decided_again(file: Path) -> int:
    from tests.simulation.kept import KeptHistory, decide_again

    history = KeptHistory.from_json(json.loads(file.read_text()))
    problem = decide_again(history)
    print(problem or f"{len(history.log)} decisions of a running Headrace were made again.")
    return 1 if problem else 0


def tell(run, keep: Path | None) -> None:
    print(f"A history of {len(run.history)} steps that shows it:")
    for taken in run.history:
        died = f"   # the process dies {taken.dies} commit {taken.dies_at}" if taken.dies_at else ""
        print(f"  {taken.kind} {json.dumps(taken.arguments)}{died}")
    if keep:
        keep.write_text(json.dumps(run.as_json(), indent=1))
        print(f"Replay it by: make simulate ARGS='--replay {keep}'")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
