"""Holds what calls read against what was acknowledged, or read, before they began.

Source: reliability contract, INV-04.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.reliability.journal import Call, Details

Key = tuple[str, ...]
GOING, STOPPING, OVER = 1, 2, 3
FAR = {"InProgress": GOING, "Stopping": STOPPING}  # how far an execution is, or an action; all else is an end
INITIAL = Call("", {}, {}, -1, -1)
SETS = {"DisableStageTransition": False, "EnableStageTransition": True}


def stale_reads(calls: list[Call]) -> list[str]:
    """Return every read that shows less than what had been told before it began. Empty: INV-04 holds."""
    return [*steps_back(calls), *forgotten_switches(calls)]


def steps_back(calls: list[Call]) -> Iterator[str]:
    """Compare facts that only go forward, in the order in which calls began and were answered."""
    actions = actions_of_jobs(calls)
    answered = [call for call in calls if call.answer is not None and call.ended is not None]
    points = sorted([(call.began, call) for call in answered] + [(call.ended, call) for call in answered])
    known: dict[Key, tuple[int, str]] = {}
    listed: dict[Key, set[Key]] = defaultdict(set)
    for number, call in points:
        facts = dict(shown(call, actions))
        if number == call.ended:
            for key, fact in facts.items():
                known[key] = max(known.get(key, fact), fact, key=lambda each: each[0])
                listed[key[:2]].add(key)
        else:
            missing = {key: (0, "nothing") for key in listed[whole_list(call)] - facts.keys()}
            for key, fact in (facts | missing).items():
                if key in known and is_behind(fact, known[key]):
                    yield f"{call.operation} showed {fact[1]} of {key}, after {known[key][1]} had been told"


def is_behind(fact: tuple[int, str], known: tuple[int, str]) -> bool:
    """Tell whether a fact is older than one that is known, or another end of what has ended."""
    return fact[0] < known[0] or (known[0] == OVER and fact[0] == OVER and fact[1] != known[1])


def actions_of_jobs(calls: list[Call]) -> dict[str, str]:
    polls = (call.answer for call in calls if call.operation == "PollForJobs" and call.answer)
    jobs = (job for answer in polls for job in answer["jobs"])
    return {job["id"]: job["data"]["pipelineContext"]["action"]["actionExecutionId"] for job in jobs}


def whole_list(call: Call) -> Key:
    """Return what all are listed of, if an answer lists all: it is no page of several, not the last one either."""
    is_whole = (
        call.operation == "ListPipelineExecutions"
        and call.answer is not None
        and "nextToken" not in call.asked.keys() | call.answer.keys()
    )
    return ("execution", call.asked["pipelineName"]) if is_whole else ()


def shown(call: Call, actions: dict[str, str]) -> Iterator[tuple[Key, tuple[int, str]]]:
    """Return what an answer says: of which thing, how far it is, in words."""
    asked, answer = call.asked, call.answer or {}
    match call.operation:
        case "CreatePipeline" | "UpdatePipeline":
            yield version(answer["pipeline"]["name"], answer["pipeline"]["version"])
        case "GetPipeline" if "version" not in asked:
            yield version(asked["name"], answer["pipeline"]["version"])
        case "StartPipelineExecution":
            yield ("execution", asked["name"], answer["pipelineExecutionId"]), (GOING, "InProgress")
        case "StopPipelineExecution":
            yield ("execution", asked["pipelineName"], answer["pipelineExecutionId"]), (STOPPING, "Stopping")
        case "ListPipelineExecutions":
            for each in answer["pipelineExecutionSummaries"]:
                yield ("execution", asked["pipelineName"], each["pipelineExecutionId"]), standing(each["status"])
        case "PutJobSuccessResult" if asked["jobId"] in actions:
            yield ("action", actions[asked["jobId"]]), (OVER, "Succeeded")
        case "PutApprovalResult":
            yield ("approval", asked["token"]), (OVER, "a decision")
        case "GetPipelineState":
            yield from shown_by_state(answer)


def shown_by_state(answer: Details) -> Iterator[tuple[Key, tuple[int, str]]]:
    yield version(answer["pipelineName"], answer["pipelineVersion"])
    for stage in answer["stageStates"]:
        for state in stage.get("actionStates", ()):
            latest = state.get("latestExecution", {})
            if "actionExecutionId" in latest:
                yield ("action", latest["actionExecutionId"]), standing(latest["status"])
            if "token" in latest and latest["status"] == "InProgress":
                yield ("approval", latest["token"]), (GOING, "a question")


def version(name: str, number: int) -> tuple[Key, tuple[int, str]]:
    return ("version", name), (number, f"version {number}")


def standing(status: str) -> tuple[int, str]:
    return FAR.get(status, OVER), status


def forgotten_switches(calls: list[Call]) -> Iterator[str]:
    """Compare each state of a stage transition that was read with the changes that may have made it so."""
    changes: dict[Key, list[Call]] = defaultdict(lambda: [INITIAL])
    for call in calls:
        if call.operation in SETS:
            changes[call.asked["pipelineName"], call.asked["stageName"]].append(call)
    for call in calls:
        if call.operation == "GetPipelineState" and call.answer:
            for stage in call.answer["stageStates"]:
                made = changes.get((call.answer["pipelineName"], stage["stageName"]))
                is_enabled = stage.get("inboundTransitionState", {}).get("enabled", True)
                if made and not may_show(call, is_enabled, made):
                    word = "open" if is_enabled else "closed"
                    yield f"GetPipelineState showed {call.answer['pipelineName']} {stage['stageName']} as {word}"


def may_show(read: Call, is_enabled: bool, made: list[Call]) -> bool:
    """Tell whether a change to this state had begun and was not, for certain, followed by another before the read."""
    return any(
        change.began < (read.ended or 0) and not any(is_between(other, change, read) for other in made)
        for change in made
        if SETS.get(change.operation, True) is is_enabled
    )


def is_between(other: Call, change: Call, read: Call) -> bool:
    """Tell whether another change began after one had ended, and ended before the read began."""
    after: Any = change.ended
    return after is not None and other.ended is not None and after < other.began and other.ended < read.began
