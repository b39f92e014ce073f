"""Each measure takes a running Headrace and an account, and returns its figures."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench import page
from tests.bench.figures import spread
from tests.journeys.workshop import Workshop, action, definition, noop, stage
from tests.running import Account, Headrace, until

NOOP = "noop"
ENDED = {"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"}
LATENCY_RUNS = 30
WARM_UPS = 2
BURST = 200
POSTERS = 4
CHANGES = 50
TO_THE_END, AT_ONCE = "three-stage pipeline, trigger to end", f"{BURST} submitted at once"


def noop_pipeline(account: Account, name: str = NOOP, mode: str = "PARALLEL") -> dict[str, Any]:
    """Return a pipeline of three stages whose actions do nothing. PARALLEL, so that no start replaces another."""
    stages = [
        stage("Source", action("Start", noop("Source"))),
        stage("Build", action("Make", noop("Build"))),
        stage("Deploy", action("Send", noop("Deploy"))),
    ]
    return definition(account, name, stages, executionMode=mode, pipelineType="V2")


def latency(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long single executions take on an idle system, by the product's own moments."""
    api = headrace.client(account)
    started, first_done, total = [], [], []
    for turn in range(WARM_UPS + LATENCY_RUNS):
        asked, ended, execution = through(api, NOOP)
        actions = api.list_action_executions(pipelineName=NOOP, filter={"pipelineExecutionId": execution})
        first = min(actions["actionExecutionDetails"], key=lambda each: each["startTime"])
        if turn >= WARM_UPS:
            started.append(first["startTime"].timestamp() - asked)
            first_done.append(first["lastUpdateTime"].timestamp() - asked)
            total.append(ended - asked)
    return {
        "trigger to first action started": spread(started),
        "trigger to first action done": spread(first_done),
        TO_THE_END: spread(total),
    }


def through(api: Any, name: str) -> tuple[float, float, str]:
    """Start a pipeline. Returns when that was asked, when the execution ended by the product's moments, and its id."""
    asked = time.time()
    execution = api.start_pipeline_execution(name=name)["pipelineExecutionId"]

    def ended() -> Any:
        newest = api.list_pipeline_executions(pipelineName=name, maxResults=1)["pipelineExecutionSummaries"][0]
        assert newest["pipelineExecutionId"] == execution
        return newest["lastUpdateTime"] if newest["status"] in ENDED else None

    return asked, until(ended, seconds=60, what="the end").timestamp(), execution


def burst(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how fast 200 executions that are asked for at once are done."""
    api = headrace.client(account)
    started = time.time()
    with ThreadPoolExecutor(POSTERS) as posters:
        asked = set(posters.map(lambda _: api.start_pipeline_execution(name=NOOP)["pipelineExecutionId"], range(BURST)))
    posted = time.time()

    def summaries() -> list[dict[str, Any]]:
        pages = api.get_paginator("list_pipeline_executions").paginate(
            pipelineName=NOOP, PaginationConfig={"MaxItems": BURST + 50}
        )
        return [each for found in pages for each in found["pipelineExecutionSummaries"]]

    def all_ended() -> list[dict[str, Any]]:
        time.sleep(0.5)  # the moments are the product's, so that asking seldom costs no exactness
        ours = [each for each in summaries() if each["pipelineExecutionId"] in asked]
        return ours if all(each["status"] in ENDED for each in ours) else []

    ours = until(all_ended, seconds=300, what="the end of the burst")
    assert {each["status"] for each in ours} == {"Succeeded"}
    assert len(ours) == BURST
    seconds = max(each["lastUpdateTime"].timestamp() for each in ours) - started
    figures = {
        "executions_per_second": round(BURST / seconds, 1),
        "actions_per_second": round(3 * BURST / seconds, 1),
        "posting_s": round(posted - started, 2),
        "drained_s": round(seconds, 2),
    }
    return {AT_ONCE: figures}


def updates(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long it takes until an open page knows that an action failed, or is tried again."""
    api = headrace.client(account)
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    heard = asyncio.run(page.through_the_socket(headrace, account, shop.name, flips(shop)))
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    seen = page.in_a_browser(headrace, account, shop.name, "[data-stage=Build][data-action=Make]", flips(shop))
    return {
        "change to message on the socket": spread(heard),
        "call to change on the page": spread(seen) if seen else {"not measured": "chromium is not installed"},
    }


def flips(shop: Workshop) -> list[Callable[[], None]]:
    """Return changes of one action's state, in turn: its job fails, its stage is retried."""

    def fail() -> None:
        shop.fail(shop.first, "Make")

    def retry() -> None:
        shop.api.retry_stage_execution(
            pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
        )

    return [(fail, retry)[turn % 2] for turn in range(CHANGES)]


def idle(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return processor time and memory of all processes over 20 quiet seconds."""
    time.sleep(3)
    before = _processor_seconds(headrace)
    time.sleep(20)
    used = _processor_seconds(headrace) - before
    pids = _family(headrace)
    figures = {
        "cpu_percent_of_a_core": round(used / 20 * 100, 2),
        "rss_MB": round(sum(_memory(pid, "Rss") for pid in pids) / 1024),
        "pss_MB": round(sum(_memory(pid, "Pss") for pid in pids) / 1024),
        "processes": len(pids),
    }
    return {"idle": figures}


def _family(headrace: Headrace) -> list[int]:
    """Return every process of this run: those that were started, and whatever descends from them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found: list[int] = []
    below = [process.pid for process in headrace.processes.values()]
    while below:
        found += below
        below = [child for pid in below for child in children.get(pid, [])]
    return found


def _processor_seconds(headrace: Headrace) -> float:
    ticks = 0
    for pid in _family(headrace):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def _memory(pid: int, kind: str) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1])
    return 0
