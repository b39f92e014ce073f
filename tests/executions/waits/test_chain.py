"""Why an execution is not moving: each reason as a row, the precedence at an entry, and chains to their end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from apps.executions.waits import EndedBy, Reason, sentence, why
from apps.executions.waits.facts import Asked, Gate, Scene, Standing, Work

NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(hours=9)
ANN = "arn:aws:iam::111122223333:user/ann"
PACKER = "Build/Custom/Packer/1"


def work(name: str = "Make", **fields) -> Work:
    return Work(**{"name": name, "type": PACKER, "since": EARLIER, "performer": "worker", "state": "Queued", **fields})


APPROVAL = work("Approve", performer="person", state="InProgress", deadline_at=LATER)
RUNNING = work(state="InProgress")


def inside(number: int, *doing: Work, stage: str = "Deploy", **fields) -> Standing:
    return Standing(UUID(int=number), number, stage, EARLIER, holds_its_stage=True, work=doing, **fields)


def waiting(number: int, stage: str = "Deploy", **fields) -> Standing:
    return Standing(UUID(int=number), number, stage, NOW, before="Build", is_waiting=True, **fields)


def waits(*executions: Standing, **fields):
    return why(Scene(executions, **fields), NOW)


RULE = {"name": "Window", "type": "Rule/AWS/DeploymentWindow/1", "condition": "BEFORE_ENTRY"}
ROWS = [
    (APPROVAL, Reason.APPROVAL, EndedBy.RELEASER, "Deploy waits for the approval “Approve”."),
    (
        work(performer="outside"),
        Reason.WORKER,
        EndedBy.JOB_WORKER,
        f"No job worker has asked for {PACKER}, the type of “Make”.",
    ),
    (
        work(performer="outside", asked=Asked(EARLIER, ANN, is_late=True)),
        Reason.WORKER,
        EndedBy.JOB_WORKER,
        f"No job worker asks for {PACKER} any more, the type of “Make”; ann was the last.",
    ),
    (
        work(performer="outside", asked=Asked(NOW, ANN)),
        Reason.WORKER,
        EndedBy.JOB_WORKER,
        f"“Make” waits: ann asks for {PACKER} and has not taken it.",
    ),
    (
        work(performer="outside", state="Dispatched"),
        Reason.EXTERNAL,
        EndedBy.JOB_WORKER,
        "A job worker has taken “Make” and has not reported yet.",
    ),
    (
        work(performer="outside", state="InProgress", summary="Half done."),
        Reason.EXTERNAL,
        EndedBy.JOB_WORKER,
        "“Make” goes on elsewhere: Half done.",
    ),
    (work(), Reason.WORKER, EndedBy.OPERATOR, "“Make” waits for a free worker."),
    (
        work(is_continued=True, summary="Jenkins waits for an executor"),
        Reason.EXTERNAL,
        EndedBy.PEER,
        "“Make” goes on elsewhere: Jenkins waits for an executor.",
    ),
    (work(is_continued=True, state="InProgress"), Reason.EXTERNAL, EndedBy.PEER, "“Make” goes on elsewhere."),
    (
        work(tries=1),
        Reason.RETRY,
        EndedBy.TIME,
        "Attempt 2 of 3 at “Make” is about to begin: the one before was cut off.",
    ),
    (RUNNING, Reason.RUNNING, EndedBy.TIME, "“Make” is running."),
    (
        work(**RULE, summary="It opens at 18:00."),
        Reason.CONDITION,
        EndedBy.RELEASER,
        "The entry condition of Deploy asks “Window”: It opens at 18:00.",
    ),
    (
        work(**RULE | {"condition": "ON_FAILURE"}),
        Reason.CONDITION,
        EndedBy.TIME,
        "The failure condition of Deploy asks “Window”.",
    ),
    (work(performer="", state=""), Reason.SETTLING, EndedBy.TIME, "A result is being taken in."),
]


@pytest.mark.parametrize(("doing", "reason", "ended_by", "said"), ROWS)
def test_inside_a_stage_what_is_in_progress_says_why(doing, reason, ended_by, said):
    (wait,) = waits(inside(1, doing))
    assert (wait.reason, wait.ended_by, sentence(wait)) == (reason, ended_by, said)
    assert (wait.since, wait.action, wait.stage) == (EARLIER, doing.name, "Deploy")
    assert wait.is_moving == (reason in {Reason.RUNNING, Reason.SETTLING})


def test_an_execution_with_nothing_in_progress_is_settling():
    (wait,) = waits(inside(1))
    assert (wait.reason, wait.is_moving) == (Reason.SETTLING, True)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_what_goes_on_side_by_side_a_person_comes_first_and_what_runs_last(order):
    doing = (APPROVAL, work("Pack", performer="outside"), RUNNING)
    assert waits(inside(1, *(doing[place] for place in order)))[0].reason is Reason.APPROVAL
    assert waits(inside(1, *(doing[place] for place in order if place)))[0].reason is Reason.WORKER


@pytest.mark.parametrize(
    ("doing", "until"),
    [
        (APPROVAL, LATER),
        (work(**RULE, available_at=NOW + timedelta(minutes=5), deadline_at=LATER), NOW + timedelta(minutes=5)),
        (work(**RULE, available_at=NOW, deadline_at=LATER), LATER),
        (
            work(is_continued=True, available_at=NOW + timedelta(seconds=5), deadline_at=LATER),
            NOW + timedelta(seconds=5),
        ),
        (work(performer="outside", available_at=NOW + timedelta(seconds=5), deadline_at=LATER), LATER),
    ],
)
def test_when_it_ends_by_itself_or_is_looked_at_again_is_told(doing, until):
    assert waits(inside(1, doing))[0].until == until


GATE = Gate(ANN, "freeze until audit", EARLIER)


@pytest.mark.parametrize("key", [("Deploy", "Inbound"), ("Build", "Outbound")])
def test_a_disabled_transition_names_who_when_and_why(key):
    (wait,) = waits(waiting(1), gates={key: GATE})
    assert (wait.reason, wait.ended_by, wait.since) == (Reason.TRANSITION, EndedBy.RELEASER, EARLIER)
    assert sentence(wait) == "The transition into Deploy was disabled by ann: “freeze until audit”."
    (wait,) = waits(waiting(1), gates={key: replace(GATE, reason="")})
    assert sentence(wait) == "The transition into Deploy was disabled by ann."


@pytest.mark.parametrize("key", [("Deploy", "Outbound"), ("Build", "Inbound")])
def test_other_transitions_do_not_hold(key):
    assert waits(waiting(1), gates={key: GATE})[0].reason is Reason.SETTLING


def test_the_chain_is_followed_to_its_end():
    third, second, first = waits(inside(1, APPROVAL), waiting(2), waiting(3))[::-1]
    assert [link.reason for link in third.chain] == [Reason.QUEUE, Reason.OCCUPIED, Reason.APPROVAL]
    assert [link.execution.int for link in third.chain] == [3, 2, 1]
    assert second.chain == third.chain[1:]
    assert {wait.last for wait in (third, second, first)} == {first}
    assert {wait.ended_by for wait in (third, second, first)} == {EndedBy.RELEASER}
    assert sentence(third) == (
        "Number 2 in line before Deploy, where one execution passes at a time. "
        "Deploy is busy with execution 1, itself held: Deploy waits for the approval “Approve”."
    )
    assert not third.is_moving


def test_one_in_line_behind_what_runs_is_not_moving_itself():
    _, second = waits(inside(1, RUNNING), waiting(2))
    assert (second.reason, second.is_moving, second.last.is_moving) == (Reason.OCCUPIED, False, True)


def test_the_line_is_told_by_place_and_a_closed_transition_before_a_busy_stage():
    found = waits(inside(1, RUNNING), *(waiting(number) for number in range(2, 6)), gates={("Deploy", "Inbound"): GATE})
    assert [(wait.reason, wait.place) for wait in found[1:]] == [
        (Reason.TRANSITION, 0), (Reason.QUEUE, 2), (Reason.QUEUE, 3), (Reason.QUEUE, 4),
    ]  # fmt: skip
    assert {wait.last.reason for wait in found[1:]} == {Reason.TRANSITION}


def test_lines_before_other_stages_do_not_count():
    found = waits(waiting(1, "Build"), waiting(2, "Deploy"), inside(3, RUNNING, stage="Source"))
    assert [wait.reason for wait in found] == [Reason.SETTLING, Reason.SETTLING, Reason.RUNNING]


def test_in_parallel_nobody_waits_for_another():
    found = waits(inside(1, APPROVAL), waiting(2), waiting(3), is_parallel=True)
    assert [wait.reason for wait in found] == [Reason.APPROVAL, Reason.SETTLING, Reason.SETTLING]
    assert all(wait.behind is None for wait in found)


def test_one_that_waited_too_long_has_to_be_started_anew():
    (wait,) = waits(waiting(1, is_stale=True))
    assert (wait.reason, wait.ended_by) == (Reason.STALE, EndedBy.DEVELOPER)
    assert "more than 30 days" in sentence(wait)


def test_one_that_is_being_stopped_waits_for_what_still_runs():
    (wait,) = waits(inside(1, APPROVAL, is_ending=True))
    assert [link.reason for link in wait.chain] == [Reason.STOPPING, Reason.APPROVAL]
    assert sentence(wait) == (
        "It is being stopped and waits for what still runs in Deploy. Deploy waits for the approval “Approve”."
    )


def test_a_stage_that_was_left_is_free():
    gone = replace(inside(1), holds_its_stage=False)
    assert waits(gone, waiting(2))[1].reason is Reason.SETTLING
