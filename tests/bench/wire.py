"""The wire API beside stock Django and beside a bare stub, on the same server, taken in turn within one run."""

import json
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import Any

from apps.core.sqlite3.unchanged import MOST as MOST_KEPT
from tests.bench.figures import ratio, spread
from tests.bench.yardsticks import stock
from tests.journeys.workshop import Workshop
from tests.running import CBOR, JSON, Account, Headrace

CONNECTIONS = 16
ROUNDS = 5
ROUND_SECONDS = 2.0
CALLS = 300
CALLS_IN_TURN = 20


def throughput(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return signed requests a second and how often that is the rate of stock Django's unsigned view."""
    shop = Workshop(headrace.client(account), account, {"Build": [("Make", 1)]})
    shop.succeed(shop.first, "Make")
    asked = {"GetPipelineState": {"name": shop.name}, "PollForJobs": {"actionTypeId": shop.type}}
    orders = {
        f"{operation}, {protocol_name}, {CONNECTIONS} connections": {
            "url": headrace.url, "account": dict(account), "operation": operation, "arguments": arguments,
            "protocol": protocol,
        }
        for operation, arguments in asked.items()
        for protocol_name, protocol in (("JSON", JSON), ("CBOR", CBOR))
    }  # fmt: skip
    anew = {"operation": "GetPipelineState", "arguments": asked["GetPipelineState"]}
    orders[f"GetPipelineState, JSON, nothing kept, {CONNECTIONS} connections"] = {
        "url": headrace.url, "account": dict(account),
        "requests": [{**anew, "padding": number} for number in range(2 * MOST_KEPT)],
    }  # fmt: skip
    with stock(headrace.server) as address:
        orders["stock Django, one query, unsigned"] = {"url": f"{address}/query"}
        rates: dict[str, list[float]] = {name: [] for name in orders}
        for _ in range(ROUNDS):
            for name, order in orders.items():
                rates[name].append(load({**order, "connections": CONNECTIONS, "seconds": ROUND_SECONDS})["per_second"])
    yardstick = rates.pop("stock Django, one query, unsigned")
    figures: dict[str, dict[str, Any]] = {
        name: {
            "per_second": statistics.median(found),
            "times_stock_Django": ratio(found, yardstick),
            "goal": "at least 2",
        }
        for name, found in rates.items()
    }
    return {**figures, "stock Django, one query, unsigned": {"per_second": statistics.median(yardstick)}}


def load(order: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def round_trip(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long a boto3 call takes, and how often that is one against a bare stub, which answers the same."""
    api = headrace.client(account)
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    shop.succeed(shop.first, "Make")
    calls = {
        "GetPipelineState": lambda client: client.get_pipeline_state(name=shop.name),
        "ListPipelines": lambda client: client.list_pipelines(),
        "PollForJobs": lambda client: client.poll_for_jobs(actionTypeId=shop.type),
    }
    answers: dict[str, str] = {}
    api.meta.events.register("before-parse.codepipeline", partial(_keep, answers))
    for call in calls.values():
        call(api)
    with stock(headrace.server, answers) as address:
        bare = headrace.client(account, url=address)
        figures: dict[str, dict[str, Any]] = {}
        for operation, call in calls.items():
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(CALLS // CALLS_IN_TURN):
                theirs += [_timed(call, bare) for _ in range(CALLS_IN_TURN)]
                ours += [_timed(call, api) for _ in range(CALLS_IN_TURN)]
            figures[f"boto3 {operation}"] = {
                **spread(ours),
                "times_a_bare_stub": round(statistics.median(ours) / statistics.median(theirs), 2),
                "goal": "at most 1.5",
            }
    return figures


def _keep(answers: dict[str, str], operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    answers.setdefault(operation_model.name, response_dict["body"].decode())


def _timed(call, client) -> float:
    started = time.perf_counter()
    call(client)
    return time.perf_counter() - started
