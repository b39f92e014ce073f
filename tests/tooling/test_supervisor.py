import os
import signal
import time

import pytest

from .standins import DEAF, FALLING, PARENT_OF_A_STRAY, PATIENT, Supervised, eventually


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_process_in_order(number):
    supervised = Supervised(("web", PATIENT), ("worker", PATIENT), ("queue", PATIENT))
    supervised.wait_for_lines("up", 3)
    assert supervised.end(number) == 0
    assert supervised.living() == []


def test_lines_carry_the_name_of_their_process():
    supervised = Supervised(("web", PATIENT), ("worker", PATIENT))
    supervised.wait_for_lines("up", 2)
    supervised.end()
    assert {"web    | up", "worker | up"} <= set(supervised.printed)


def test_one_that_falls_ends_the_rest_with_its_name_and_last_lines():
    supervised = Supervised(("web", PATIENT), ("worker", FALLING))
    assert supervised.finish() == 1
    story = "\n".join(supervised.printed)
    assert "because 'worker' ended with status 7" in story
    assert story.rstrip().endswith("the disk is gone")
    assert supervised.living() == []


def test_one_that_does_not_listen_is_killed_after_the_grace():
    supervised = Supervised(("web", PATIENT), ("queue", DEAF), grace_seconds=0.5)
    supervised.wait_for_lines("up", 2)
    started = time.monotonic()
    assert supervised.end() == 0
    assert 0.5 <= time.monotonic() - started < 5
    assert supervised.living() == []


def test_a_second_signal_cuts_the_grace_short():
    supervised = Supervised(("queue", DEAF), grace_seconds=60)
    supervised.wait_for_lines("up", 1)
    supervised.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert supervised.end(signal.SIGINT) == 0
    assert supervised.living() == []


def test_a_grandchild_in_a_session_of_its_own_is_not_left_behind():
    supervised = Supervised(("worker", PARENT_OF_A_STRAY))
    supervised.wait_for_lines("up", 1)
    supervised.end()
    assert supervised.living() == []


def test_a_supervisor_that_is_killed_outright_leaves_nothing_behind():
    supervised = Supervised(("web", PATIENT), ("worker", PARENT_OF_A_STRAY))
    supervised.wait_for_lines("up", 2)
    before = len(supervised.living())
    supervised.end(signal.SIGKILL)
    assert before >= 5  # supervisor, guardian, two children, a grandchild
    assert eventually(lambda: supervised.living() == [], within_seconds=12)


def test_each_process_has_a_session_of_its_own():
    supervised = Supervised(("web", PATIENT), ("worker", PATIENT))
    supervised.wait_for_lines("up", 2)
    sessions = [os.getsid(pid) for pid in supervised.living() if pid != supervised.process.pid]
    supervised.end()
    assert len(sessions) == len(set(sessions)) == 3  # with the guardian
