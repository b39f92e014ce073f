"""The self-test: fourteen attempts to get out of the sandbox or beyond its limits. About three seconds."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from .command import MIB, Limits, Reason, Tier
from .errors import NoIsolation, SandboxBroken
from .options import Options
from .probing import BOUND_PROGRAM, Probe, Seen, bait, gone, reachable_folder, run, run_python
from .runner import Sandbox, sweep

PROJECT = Path(__file__).parents[3]
INSIDE = (
    "no route out",
    "vsock refused",
    "host secret file absent",
    "root read-only",
    "tmpfs sizes hold",
    "environment of the runner absent",
    "extra descriptor absent",
    "nested namespace refused",
)
DAEMON_GONE, ALL_GONE = "daemon gone after exit", "all gone after kill -9"
SMOKE = "a command runs"
MEMORY, PROCESSES, CPU, DISK = "memory cap kills", "pids cap holds", "cpu cap holds", "disk cap holds"

NEEDS_GROUPS = {MEMORY, PROCESSES, CPU}
NEEDED_UNISOLATED = {"extra descriptor absent", DAEMON_GONE, ALL_GONE}

MEMORY_HOG = "x = bytearray(256 << 20)"
FORKER = "import os, time\nwhile True:\n    os.fork() or time.sleep(5)"
SPINNER = "import os, time\nos.fork()\nuntil = time.monotonic() + 0.8\nwhile time.monotonic() < until: pass"
WRITER = """import time
for number in range(8):
    with open(str(number), "wb") as file:
        file.write(bytes(4 << 20))
time.sleep(4)"""


def self_test(tier: Tier, options: Options | None = None) -> list[Probe]:
    """Try a tier on this machine. Every probe has an answer, also where the tier does not start at all."""
    sandbox = Sandbox(tier, options or Options())
    attempts: list[Callable[[Sandbox], list[Probe]]] = [
        _inside,
        lambda box: _limit(MEMORY, box, MEMORY_HOG, Limits(memory_bytes=64 * MIB), Reason.MEMORY),
        lambda box: _limit(PROCESSES, box, FORKER, Limits(processes=32), Reason.PROCESSES),
        lambda box: _limit(DISK, box, WRITER, Limits(disk_bytes=8 * MIB, inodes=1000), Reason.DISK),
        _cpu_cap_holds,
        _all_gone_after_kill,
    ]
    with ThreadPoolExecutor(len(attempts)) as threads:
        answers = threads.map(lambda attempt: attempt(sandbox), attempts)
        return [probe for probes in answers for probe in probes]


def is_needed(tier: Tier, probe: Probe) -> bool:
    """Tell whether a tier must pass a probe to be chosen."""
    if tier is Tier.PLAIN:
        return probe.name in NEEDED_UNISOLATED
    return tier is not Tier.UNCAPPED or probe.name not in NEEDS_GROUPS


def smoke_test(tier: Tier, options: Options) -> Probe:
    """Try the least: that a command runs, and without a network where the tier isolates."""
    script = "echo" if tier is Tier.PLAIN else "cat /proc/net/dev"
    try:
        seen = run(Sandbox(tier, options), ("/bin/sh", "-c", script), Limits(wall_seconds=10))
    except (SandboxBroken, NoIsolation) as error:
        return Probe(SMOKE, False, error.message)
    names = [line.split(":")[0].strip() for line in seen.output.splitlines() if ":" in line]
    if not seen.ended.succeeded:
        return Probe(SMOKE, False, f"{seen.ended.message} {seen.output[-200:]}".strip())
    outside = ", ".join(name for name in names if name != "lo")
    return Probe(SMOKE, not outside, f"interfaces: {outside}" if outside else "")


def _inside(sandbox: Sandbox) -> list[Probe]:
    """Run the program that tries to get out; what it could see is there only while it runs."""
    marker, limits = secrets.token_hex(8), Limits(wall_seconds=20)
    with bait() as (port, file):
        words = (BOUND_PROGRAM, str(port), file, str(limits.tmp_bytes), marker)
        seen = _attempt(sandbox, words, limits)
    if isinstance(seen, str):
        return [Probe(name, False, seen) for name in (*INSIDE, DAEMON_GONE)]
    try:
        said = json.loads(seen.output)
    except ValueError:
        what = f"{seen.ended.message} {seen.output[-200:]}".strip()
        return [Probe(name, False, what) for name in (*INSIDE, DAEMON_GONE)]
    probes = [Probe(name, said.get(name) == "", said.get(name, "no answer")) for name in INSIDE]
    return [*probes, gone(DAEMON_GONE, marker)]


def _limit(name: str, sandbox: Sandbox, program: str, limits: Limits, expected: Reason) -> list[Probe]:
    seen = _attempt(sandbox, ("-c", program), limits)
    if isinstance(seen, str):
        return [Probe(name, False, seen)]
    how = ""
    if expected is Reason.DISK:
        how = "a file system of that size" if seen.sized else "looked at each second, and no file beyond the size"
    return [Probe(name, seen.ended.reason == expected.value, how or seen.ended.message)]


def _cpu_cap_holds(sandbox: Sandbox) -> list[Probe]:
    """Let two processes spin for 0.8 seconds: half a core gives them 0.4, no cap up to 1.6."""
    seen = _attempt(sandbox, ("-c", SPINNER), Limits(cpu_share=50))
    if isinstance(seen, str):
        return [Probe(CPU, False, seen)]
    ended = seen.ended
    held = ended.exit_code == 0 and ended.cpu_seconds < 0.65 * ended.wall_seconds
    return [Probe(CPU, held, f"{ended.cpu_seconds:.2f} s in {ended.wall_seconds:.2f} s")]


def _all_gone_after_kill(sandbox: Sandbox) -> list[Probe]:
    """Let another process run a command, kill that process, and look whether the command is gone as well."""
    marker = secrets.token_hex(8)
    options = json.dumps(asdict(sandbox.options) | {"uids": [sandbox.options.uids.start, sandbox.options.uids.stop]})
    words = [sys.executable, "-m", "apps.actions.sandbox.probe_runner", sandbox.tier.value, options]
    with reachable_folder() as above:
        (above / "w").mkdir()
        words += [str(above / "w"), marker]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT) as runner:
            assert runner.stdout
            started = runner.stdout.readline() == b"started\n"
            runner.kill()
        found = gone(ALL_GONE, marker)
    sweep(sandbox.options)  # the group and the stage of the one that was killed
    return [found if started else Probe(ALL_GONE, False, "the command did not start")]


def _attempt(sandbox: Sandbox, arguments: tuple[str, ...], limits: Limits) -> Seen | str:
    """Return what was seen, or why nothing could be."""
    try:
        return run_python(sandbox, arguments, limits)
    except (SandboxBroken, NoIsolation) as error:
        return error.message
