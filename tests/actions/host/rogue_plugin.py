"""A plugin that does what `Mode` says: well, badly, or not at all. Loaded by the children of the tests beside it."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from headrace_sdk import ActionProvider, ActionTypeId, Property, Revision, Running, Succeeded, hookimpl


def hang(request):
    while True:
        try:
            time.sleep(60)
        except BaseException as ignored:
            del ignored


def block_every_signal(request):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    hang(request)


def speak_out_of_turn(request):
    """Write rubbish to every connection the process has."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xffrubbish that is no message at all")
        except OSError:
            continue
    return Succeeded()


def start_daemon(request):
    """Start a process that outlives this one, in a session of its own, with its parent gone."""
    marker = request.workspace / "daemon"
    script = f"(setsid sh -c 'echo $$ > {marker}; exec sleep 60' &) ; while [ ! -s {marker} ]; do :; done"
    subprocess.run(["sh", "-c", script], check=True)


def daemon_then_exit(request):
    start_daemon(request)
    os._exit(9)


def daemon_then_succeed(request):
    start_daemon(request)
    return Succeeded("left something running")


def look_around(request):
    descriptors = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")[:-1]]
    return Succeeded(
        output_variables={
            "environment": " ".join(sorted(os.environ)),
            "descriptors": " ".join(descriptors),
            "threads": str(threading.active_count()),
            "pid": str(os.getpid()),
            "django": str("django" in sys.modules),
        }
    )


def flood(request):
    for _ in range(300):
        request.log.write(b"x" * 65536)
    return Succeeded()


def wait_for_cancellation(request):
    ended = request.sandbox.run([], work_dir=request.workspace, environment={}, on_output=print, timeout_seconds=1)
    return Succeeded(str(ended))


def raise_with_secret(request):
    raise ValueError("the password hunter2-7c1f9e is wrong")


def fill_disk(request):
    raise OSError(28, "No space left on device")


def extract(request):
    (artifact,) = request.inputs.values()
    artifact.extract_to(request.workspace / "in")
    for output in request.outputs.values():
        output.write_directory(request.workspace / "in")
    return Succeeded(",".join(sorted(path.name for path in (request.workspace / "in").iterdir())))


def leak(request):
    leaked.append(bytearray(os.urandom(1024) * 1024 * 500))
    return Succeeded(output_variables={"pid": str(os.getpid())})


def count_start(request):
    with Path(request.configuration["File"]).open("a") as file:
        file.write(request.idempotency_token + "\n")
    if request.configuration.get("Then") == "exit":
        os._exit(1)
    return Succeeded()


def ask(request):
    found = request.objects.look("sources", "site.zip", request.configuration.get("Version", ""))
    return Succeeded(f"{found.version_id} of {found.created:%Y}")


def ask_and_start(request):
    first = request.pipelines.start("web", variables=[{"name": "A", "value": "b"}], source_revisions=[])
    return Succeeded(first + request.pipelines.start("web", variables=[], source_revisions=[]))


def ask_for_nothing(request):
    """Ask as no provider can who goes by the SDK."""
    request.objects._line.ask("reveal_everything")


def ask_too_much(request):
    request.objects.look("sources", "x" * 300_000)


leaked: list[bytearray] = []
MODES = {
    "ask": ask,
    "ask and start": ask_and_start,
    "ask for nothing": ask_for_nothing,
    "ask too much": ask_too_much,
    "succeed": lambda request: Succeeded("done"),
    "run": lambda request: Running(external_id="7", state={"step": 1, "list": [1, None, "é"]}),
    "hang": hang,
    "block": block_every_signal,
    "exit": lambda request: os._exit(3),
    "segfault": lambda request: ctypes.string_at(0),
    "kill": lambda request: os.kill(os.getpid(), signal.SIGKILL),
    "system exit": lambda request: sys.exit(4),
    "interrupt": lambda request: signal.raise_signal(signal.SIGINT) or Succeeded("was not interrupted"),
    "text": lambda request: "yes",
    "nothing": lambda request: None,
    "wrong field": lambda request: Succeeded(summary=7),
    "huge summary": lambda request: Succeeded("x" * 100_000_000),
    "huge variables": lambda request: Succeeded(output_variables={"A": "x" * 100_000_000}),
    "huge state": lambda request: Running(state={"a": "x" * 100_000_000}),
    "state with an object": lambda request: Running(state={"a": object()}),
    "endless recursion": lambda request: MODES["endless recursion"](request),
    "out of turn": speak_out_of_turn,
    "daemon, exit": daemon_then_exit,
    "daemon, succeed": daemon_then_succeed,
    "look": look_around,
    "flood": flood,
    "print": lambda request: print("printed") or Succeeded(),
    "progress": lambda request: request.progress("half", 50) or Succeeded(),
    "secret": raise_with_secret,
    "disk full": fill_disk,
    "extract": extract,
    "leak": leak,
    "count": count_start,
    "sandbox": wait_for_cancellation,
    "sleep": lambda request: time.sleep(0.3) or Succeeded(),
}


class Rogue(ActionProvider):
    """Does what Mode says."""

    action_type = ActionTypeId("Invoke", "ThirdParty", "Rogue", "1")
    also_accepted_as = (ActionTypeId("Build", "ThirdParty", "Rogue", "1"),)
    properties = (Property("Mode", required=True, help="What to do."),)

    def start(self, request):
        return MODES[request.configuration["Mode"]](request)

    def poll(self, request, running):
        return Succeeded(f"{running.external_id} {running.state}")

    def latest_revision(self, request):
        return Revision("r1") if request.configuration["Mode"] == "succeed" else MODES["hang"](request)

    def abandon(self, request, running):
        (request.workspace / "abandoned").write_text(running.external_id)


@hookimpl
def action_providers():
    return [Rogue()]
