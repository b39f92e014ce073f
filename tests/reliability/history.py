"""The history checker: holds the journal of a storm against what the service kept.

Source: reliability contract, INV-01, INV-02, INV-04, INV-07 to INV-09, INV-12, INV-13, INV-16, INV-28.
"""

import json
from collections import Counter, defaultdict
from typing import Any

from tests.reliability.reads import stale_reads
from tests.reliability.storm import Storm

DATABASE = """
import json
from apps.events.models import Event
from apps.events.selectors import first_broken_link
from apps.jobs.models import Job
from apps.tenancy.models import Account
account = Account.objects.get(number="{number}")
fields = ("kind", "pipeline", "execution_id", "stage", "action", "action_execution_id", "data__job")
events = list(Event.objects.filter(account=account).order_by("sequence").values_list(*fields))
jobs = list(Job.objects.filter(account=account).values_list("id", "action_execution_id", "state", "is_void"))
print(json.dumps({{"events": events, "jobs": jobs, "broken": first_broken_link(account)}}, default=str))
"""


def kept(storm: Storm) -> dict[str, Any]:
    code = DATABASE.format(number=storm.account["account_id"])
    return json.loads(storm.headrace.manage("shell", "-v", "0", "-c", code))


def check(storm: Storm) -> None:
    facts = kept(storm)
    assert storm.refused == []
    assert facts["broken"] is None, "INV-28: the log has a hole, or was changed"
    no_start_is_lost(storm)
    nothing_ran_twice(storm, facts)
    results_count_once(facts)
    stages_hold_one(facts)
    stale = stale_reads(storm.journal.calls)
    assert stale == [], f"INV-04: {stale[0]}"


def no_start_is_lost(storm: Storm) -> None:
    """INV-01, INV-02: the start that creation makes, and the one that was promised, each once."""
    for name in storm.names:
        found = storm.executions(name)
        assert {each["status"] for each in found} == {"Succeeded"}, (name, found)
        ids = {each["pipelineExecutionId"] for each in found}
        assert set(storm.promised[name]) <= ids, f"INV-01: a start of {name} was promised and is not there"
        assert len(found) == 2, f"INV-02: {name} has {len(found)} executions for a creation and a start"


def nothing_ran_twice(storm: Storm, facts: dict[str, Any]) -> None:
    """INV-07, INV-08: one job for each action, acknowledged once."""
    jobs = Counter(action for _, action, _, _ in facts["jobs"])
    assert set(jobs.values()) == {1}, "INV-07: an action has several jobs without a continuation"
    assert {state for _, _, state, _ in facts["jobs"]} == {"Succeeded"}, "INV-12: a job did not end"
    assert set(storm.acknowledged.values()) <= {1}, "INV-08: an offer was taken twice"
    holders = Counter(job for job, _ in storm.acknowledged)
    assert [job for job, number in holders.items() if number > 1] == [], "INV-08: a job was taken under two nonces"
    assert {len(ids) for ids in storm.worked.values()} == {1}
    assert set(storm.worked) == set(jobs), "INV-12: an action succeeded that nobody did"


def results_count_once(facts: dict[str, Any]) -> None:
    """INV-09."""
    ended = Counter(job for kind, *_, job in facts["events"] if kind in {"JobSucceeded", "JobFailed", "JobTimedOut"})
    assert set(ended.values()) == {1}
    started = Counter(event[5] for event in facts["events"] if event[0] == "ActionStarted")
    settled = Counter(event[5] for event in facts["events"] if event[0] == "ActionSucceeded")
    assert started == settled
    assert set(started.values()) == {1}


def stages_hold_one(facts: dict[str, Any]) -> None:
    """INV-13 and INV-16: a stage is entered when it is free, and in the order of the starts."""
    inside: dict[tuple[str, str], str] = {}
    entered: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, pipeline, execution, stage, *_ in facts["events"]:
        place = (pipeline, stage)
        if kind == "StageStarted":
            assert place not in inside, f"INV-13: {execution} entered {place} while {inside[place]} was inside"
            inside[place] = execution
            entered[place].append(execution)
        elif kind == "StageSucceeded":
            assert inside.pop(place) == execution
    for (pipeline, stage), order in entered.items():
        assert order == entered[pipeline, "Source"], f"INV-16: {pipeline} ran {stage} in another order"
