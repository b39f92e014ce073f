"""A receiver that refuses and a queue that ends while it sends: everything arrives, in order, and soon."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from threading import Event

import pytest

from tests.journeys.receiver import Receiver
from tests.journeys.workshop import Workshop, simple, unique
from tests.running import Headrace, until

REFUSALS = 2
ATTEMPT_SECONDS = 0.4
LINES = 4  # more than the tasks that a cluster has in hand
RELEASES = 6


@pytest.fixture
def headrace() -> Iterator[Headrace]:
    with Headrace() as running:
        yield running


@pytest.fixture
def receiver(headrace) -> Iterator[Receiver]:
    with Receiver(headrace) as running:
        yield running


def kill_queue(headrace: Headrace) -> None:
    """Kill the background queue with all its processes, as a machine that loses its power would."""
    keeper = headrace.processes["queue"].pid
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(keeper)], capture_output=True, text=True, check=True)
    headrace.kill("queue")
    for cluster in found.stdout.split():
        os.killpg(int(cluster), signal.SIGKILL)  # it leads a group of its own


def test_all_arrives_in_order_though_the_receiver_refuses_and_the_queue_is_killed(headrace, receiver):
    account = headrace.create_account()
    asked_in_vain, is_asked = [], Event()

    def answer(event: dict) -> int:
        state = (event["detail"].get("stage"), event["detail"]["state"])
        if state in ((None, "STARTED"), ("Source", "SUCCEEDED")) and event["id"] not in asked_in_vain:
            asked_in_vain.append(event["id"])  # each of these is refused once
            return 503
        if state == ("Build", "STARTED") and not is_asked.is_set():
            is_asked.set()
            time.sleep(4)  # meanwhile the queue is killed, so nobody hears the answer
            return 503
        return 204

    receiver.answer = answer
    receiver.told_of(account)
    workshop = Workshop(headrace.client(account), account, {"Build": [("Make", 1)]})
    workshop.succeed(workshop.first, "Make")
    assert is_asked.wait(60)
    kill_queue(headrace)
    headrace.start("queue")
    expected = [
        ("", "STARTED"),
        ("Source", "STARTED"),
        ("Source/Start", "STARTED"),
        ("Source/Start", "SUCCEEDED"),
        ("Source", "SUCCEEDED"),
        ("Build", "STARTED"),
        ("Build/Make", "STARTED"),
        ("Build/Make", "SUCCEEDED"),
        ("Build", "SUCCEEDED"),
        ("", "SUCCEEDED"),
    ]
    until(lambda: len(receiver.told(workshop.name)) >= len(expected), seconds=150, what="being told everything")
    assert receiver.told(workshop.name) == expected
    assert len(asked_in_vain) >= REFUSALS
    assert len(set(receiver.attempts)) == len(expected)


def test_a_queue_that_is_asked_to_end_has_nothing_in_hand_that_must_be_sent_again(headrace, receiver):
    """An attempt that is killed is made again when its lease is over, which holds up its line for that long."""
    account = headrace.create_account()
    api = headrace.client(account)
    names = [unique(f"line-{number}") for number in range(LINES)]
    for name in names:
        api.create_pipeline(pipeline=simple(account, name))

    def answer(event: dict) -> int:
        time.sleep(ATTEMPT_SECONDS)
        return 204

    receiver.answer = answer
    receiver.told_of(account)
    for name in names:
        for _ in range(RELEASES):
            api.start_pipeline_execution(name=name)
    until(lambda: len(receiver.attempts) > LINES, seconds=60, what="the first attempts")
    process = headrace.processes["queue"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) in {0, -signal.SIGTERM}
    assert len(receiver.events) == len(receiver.attempts)
    before = set(receiver.attempts)
    headrace.start("queue")
    until(lambda: len(set(receiver.attempts) - before) > LINES, what="further attempts")
    assert max(Counter(receiver.attempts).values()) == 1
