"""The child's side: takes one order after another, and answers each with exactly one result."""

import contextlib
import io
import json
import os
import resource
import signal
import socket
import traceback
from types import FrameType
from typing import Any

from headrace_sdk import ActionProvider, ActionTypeId, Failed, Provider, Request
from headrace_sdk.failures import failed_for

from .asking import Line
from .codec import BadResult, result_to_json, running_from_json
from .frames import LOG, LOG_CHUNK, PROGRESS, RESULT, frame, json_frame, read_frame
from .leftovers import kill_children_but
from .orders import StepOrder
from .registry import Registry
from .surroundings import Outputs, build_request, masked

LARGEST_RSS_KIB = 400 * 1024  # a child that grew beyond this leaves after its answer


class Cancellation:
    """Set by SIGTERM, asked by whatever runs for long."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, where: FrameType | None) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


class LogToParent:
    """The action's log."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, text: str | bytes) -> None:
        data = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
        for start in range(0, len(data), LOG_CHUNK):
            self._connection.sendall(frame(LOG, data[start : start + LOG_CHUNK]))

    def progress(self, summary: str, percent_complete: int | None = None) -> None:
        """Tell the worker how far the step is."""
        told = {"summary": str(summary)[:2048], "percent_complete": percent_complete}
        self._connection.sendall(json_frame(PROGRESS, told))


class Printed(io.TextIOBase):
    """Where print() goes during a step: the action's log."""

    def __init__(self, log: LogToParent) -> None:
        self._log = log

    def write(self, text: str) -> int:
        self._log.write(text)
        return len(text)


def serve(connection: socket.socket, registry: Registry) -> None:
    """Run orders until the other side hangs up."""
    cancelled, log, home = Cancellation(), LogToParent(connection), os.getcwd()
    printed = Printed(log)
    while (message := read_frame(connection)) is not None:
        cancelled.asked = False
        order = StepOrder.from_json(json.loads(message[1]))
        outputs = Outputs(order.outputs)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = run_order(registry, order, outputs, log, cancelled, Line(connection))
        os.chdir(home)
        kill_children_but(())
        leaving = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > LARGEST_RSS_KIB
        answer = {"result": result, "written": outputs.written(), "leaving": leaving}
        connection.sendall(json_frame(RESULT, answer))
        if leaving:
            return


def run_order(
    registry: Registry, order: StepOrder, outputs: Outputs, log: LogToParent, cancelled: Cancellation, line: Line
) -> dict[str, Any]:
    """Run one step and return its result as JSON data, whatever the provider does short of ending the process."""
    try:
        provider = registry.provider(ActionTypeId.parse(order.action_type))
        if provider is None:
            return result_to_json(Failed(f"No plugin here does {order.action_type}.", code="ConfigurationError"))
        request = build_request(order, outputs, log, cancelled, line)
        return _masked_message(result_to_json(run_step(provider, order, request)), order)
    except BadResult as bad:
        return result_to_json(Failed(f"The provider {order.action_type} {bad}."))
    except BaseException as error:  # SystemExit too: only the process's own end is beyond a provider
        failed = failed_for(error) or _unexpected(order, error, log)
        return _masked_message(result_to_json(failed), order)


def run_step(provider: Provider, order: StepOrder, request: Request) -> object:
    """Call the method of the provider that the order names."""
    match order.step:
        case "start":
            return provider.start(request)
        case "poll":
            return provider.poll(request, running_from_json(order.running))
        case "latest_revision":
            return provider.latest_revision(request) if isinstance(provider, ActionProvider) else None
        case "abandon":
            provider.abandon(request, running_from_json(order.running))
            return None


def _unexpected(order: StepOrder, error: BaseException, log: LogToParent) -> Failed:
    log.write(masked("".join(traceback.format_exception(error, limit=-20)), order.secrets))
    said = masked(str(error), order.secrets).strip().splitlines()
    reason = f"{type(error).__name__}: {said[0][:500]}" if said else type(error).__name__
    return Failed(f"The provider {order.action_type} failed unexpectedly: {reason.rstrip('.')}. See the log.")


def _masked_message(result: dict[str, Any], order: StepOrder) -> dict[str, Any]:
    return {
        name: masked(value, order.secrets) if name in ("message", "summary") else value
        for name, value in result.items()
    }
