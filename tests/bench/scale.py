"""What must not grow: pages of a long history, a poll beside many foreign jobs, a web process that answered often."""

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench import measures
from tests.bench.figures import spread
from tests.bench.wire import load
from tests.journeys.workshop import Workshop, simple, unique
from tests.running import ROOT, Account, Headrace, until

SHORT, LONG = 1_000, 1_000_000
PAGES = 1_000
ROUNDS = 60
FOREIGN_JOBS = 100_000
POLLS = 300
POLL_ROUNDS = 3
FEW_CALLS, MANY_CALLS = 1_000, 100_000
CALLS_AT_ONCE = 9_000  # what a signature's five minutes last for, on a slow machine too
FEW_PAST, MANY_PAST, OTHERS = 100, 100_000, 1_000
PAST_ROUNDS = 60
GROW_SECONDS = 1_800
GOAL = "at most 1.5"


def grow(headrace: Headrace, *words: object) -> None:
    command = [sys.executable, "-m", "tests.bench.grow", *map(str, words)]
    environment = {**headrace.environment, "HEADRACE_DATABASE_ANSWER_SECONDS": f"{GROW_SECONDS}"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def history(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how much longer a page takes over a million executions than over a thousand, asked in turn."""
    api = headrace.client(account)
    names = {rows: _pipeline_with_history(headrace, account, rows) for rows in (SHORT, LONG)}
    lists = {
        "ListPipelineExecutions": api.list_pipeline_executions,
        "ListActionExecutions": api.list_action_executions,
    }
    figures: dict[str, dict[str, Any]] = {}
    for operation, call in lists.items():
        first = {rows: {"pipelineName": name, "maxResults": 100} for rows, name in names.items()}
        last = {rows: _thousandth(call, name) for rows, name in names.items()}
        figures[f"{operation}, first page of 100"] = _compared(call, first)
        figures[f"{operation}, page {PAGES} of one each"] = _compared(call, last)
    return figures


def _pipeline_with_history(headrace: Headrace, account: Account, rows: int) -> str:
    api = headrace.client(account)
    declared = simple(account)
    name: str = declared["name"]
    api.create_pipeline(pipeline=declared)  # this starts its first execution
    _until_first_ended(api, name)
    grow(headrace, "history", name, rows)
    return name


def _until_first_ended(api: Any, name: str) -> None:
    def ended() -> bool:
        found = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return bool(found) and found[0]["status"] == "Succeeded"

    until(ended, seconds=60, what="the end of the first execution")


def _thousandth(call: Any, name: str) -> dict[str, Any]:
    """Walk to the thousandth page by tokens, as a client does, and return the request for it."""
    request = {"pipelineName": name, "maxResults": 1}
    for _ in range(PAGES - 1):
        request["nextToken"] = call(**request)["nextToken"]
    return request


def _compared(call: Any, requests: dict[int, dict[str, Any]]) -> dict[str, Any]:
    durations: dict[int, list[float]] = {rows: [] for rows in requests}
    for _ in range(ROUNDS):
        for rows, request in requests.items():
            durations[rows].append(_timed(call, request))
    short, long = (statistics.median(durations[rows]) for rows in (SHORT, LONG))
    return {"p50_ms": round(long * 1000, 1), f"times_{SHORT}_rows": round(long / short, 2), "goal": GOAL}


def growth(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how much longer a pipeline takes with 100,000 past executions, and beside 1,000 others, asked in turn.

    The others stand in two accounts, for one may have 1,000 in all.
    """
    with Headrace() as fresh:
        lone = fresh.create_account("Bench")
        _others(headrace, account, OTHERS // 2)
        _others(headrace, headrace.create_account("Others"), OTHERS - OTHERS // 2)
        few, many = f"{FEW_PAST} past executions", f"{MANY_PAST} past executions"
        asked = {
            few: _pipeline_with_past(fresh, lone, FEW_PAST),
            f"{few}, {OTHERS} other pipelines": _pipeline_with_past(headrace, account, FEW_PAST),
            f"{many}, {OTHERS} other pipelines": _pipeline_with_past(headrace, account, MANY_PAST),
        }
        durations: dict[str, list[float]] = {case: [] for case in asked}
        for _ in range(PAST_ROUNDS):
            for case, (api, name) in asked.items():
                began, ended, _execution = measures.through(api, name)
                durations[case].append(ended - began)
    yardstick = statistics.median(durations[few])
    return {
        f"three stages, {case}": {
            **spread(found),
            f"times_{FEW_PAST}_alone": round(statistics.median(found) / yardstick, 2),
            "goal": "at most 1.3",
        }
        for case, found in durations.items()
    }


def _others(headrace: Headrace, account: Account, number: int) -> None:
    """Create pipelines, each of which runs once."""
    api = headrace.client(account, max_pool_connections=measures.POSTERS)
    with ThreadPoolExecutor(measures.POSTERS) as pool:
        declared = [measures.noop_pipeline(account, unique("other"), "SUPERSEDED") for _ in range(number)]
        list(pool.map(lambda each: api.create_pipeline(pipeline=each), declared))
    for each in declared:
        _until_first_ended(api, each["name"])


def _pipeline_with_past(headrace: Headrace, account: Account, rows: int) -> tuple[Any, str]:
    api, name = headrace.client(account), unique("past")
    api.create_pipeline(pipeline=measures.noop_pipeline(account, name, "SUPERSEDED"))
    _until_first_ended(api, name)
    grow(headrace, "past", name, rows)
    return api, name


def polls(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how much longer a poll takes that finds nothing, with 100,000 jobs of other types queued."""
    api = headrace.client(account)
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    idle = Workshop(api, account, {"Build": [("Make", 1)]})
    idle.succeed(idle.first, "Make")
    queued = until(lambda: shop.first, what="a queued job")
    assert queued
    request = {"actionTypeId": idle.type}
    ratios, crowded = [], []
    for _ in range(POLL_ROUNDS):
        empty = statistics.median(_timed(api.poll_for_jobs, request) for _ in range(POLLS))
        grow(headrace, "jobs", _type_text(shop.type), FOREIGN_JOBS)
        crowded.append(statistics.median(_timed(api.poll_for_jobs, request) for _ in range(POLLS)))
        ratios.append(crowded[-1] / empty)
        grow(headrace, "fewer-jobs")
    figures = {
        "p50_ms": round(statistics.median(crowded) * 1000, 1),
        "times_an_empty_queue": round(statistics.median(ratios), 2),
        "goal": GOAL,
    }
    return {f"PollForJobs beside {FOREIGN_JOBS} foreign jobs": figures}


def _type_text(type_id: dict[str, str]) -> str:
    return "/".join(type_id[member] for member in ("category", "owner", "provider", "version"))


def _timed(call: Any, request: dict[str, Any]) -> float:
    started = time.perf_counter()
    call(**request)
    return time.perf_counter() - started


def memory(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how much a fresh web process has grown between a thousand and 100,000 mixed calls."""
    with Headrace() as fresh:
        owner = fresh.create_account("Memory")
        requests = _mixed(fresh, owner)
        _call(fresh, owner, requests, FEW_CALLS)
        early = _resident(fresh)
        many = int(os.environ.get("BENCH_CALLS", MANY_CALLS))
        _call(fresh, owner, requests, many - FEW_CALLS)
        late = _resident(fresh)
    figures = {
        f"MB_after_{FEW_CALLS}": round(early / 1024, 1),
        f"MB_after_{many}": round(late / 1024, 1),
        "times": round(late / early, 3),
        "goal": "at most 1.1",
    }
    return {"memory of a web process": figures}


def _mixed(headrace: Headrace, account: Account) -> list[dict[str, Any]]:
    """Return reads, polls, refusals and changes, as a busy account makes them."""
    api = headrace.client(account)
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    shop.succeed(shop.first, "Make")
    gate = {"pipelineName": shop.name, "stageName": "Build", "transitionType": "Inbound"}
    named, listed = {"name": shop.name}, {"pipelineName": shop.name}
    return [
        {"operation": "GetPipelineState", "arguments": named},
        {"operation": "PollForJobs", "arguments": {"actionTypeId": shop.type}},
        {"operation": "GetPipeline", "arguments": named},
        {"operation": "ListPipelineExecutions", "arguments": listed},
        {"operation": "ListActionExecutions", "arguments": listed},
        {"operation": "ListPipelines", "arguments": {}},
        {"operation": "ListActionTypes", "arguments": {}},
        {"operation": "GetPipeline", "arguments": {"name": "absent"}, "status": 400},
        {"operation": "DisableStageTransition", "arguments": {**gate, "reason": "closed for now"}},
        {"operation": "EnableStageTransition", "arguments": gate},
    ]


def _call(headrace: Headrace, account: Account, requests: list[dict[str, Any]], calls: int) -> None:
    for start in range(0, calls, CALLS_AT_ONCE):
        share = min(CALLS_AT_ONCE, calls - start)
        load({"url": headrace.url, "account": dict(account), "requests": requests, "connections": 8, "calls": share})


def _resident(headrace: Headrace) -> int:
    lines = Path(f"/proc/{headrace.processes['web'].pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
