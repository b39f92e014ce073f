"""Each move of a job stands here once more; every pair left out does not exist."""

from itertools import product

import pytest

from apps.jobs.states import FINISHED, JOB_MOVES, UNFINISHED, JobCause, JobState

MOVES = {
    ("Queued", JobCause.OFFERED): "Dispatched",
    ("Queued", JobCause.CLAIMED): "InProgress",
    ("Queued", JobCause.DEADLINE): "TimedOut",
    ("Dispatched", JobCause.ACKNOWLEDGED): "InProgress",
    ("Dispatched", JobCause.LEASE_ENDED): "Queued",
    ("Dispatched", JobCause.DEADLINE): "TimedOut",
    ("InProgress", JobCause.LEASE_ENDED): "Queued",
    ("InProgress", JobCause.SUCCEEDED): "Succeeded",
    ("InProgress", JobCause.FAILED): "Failed",
    ("InProgress", JobCause.DEADLINE): "TimedOut",
}


@pytest.mark.parametrize(("state", "cause"), list(product(JobState, JobCause)))
def test_a_cause_moves_a_job_or_the_pair_does_not_exist(state, cause):
    assert JOB_MOVES.get((state, cause)) == MOVES.get((state.value, cause))


def test_every_state_is_finished_or_is_not():
    assert set(UNFINISHED) | set(FINISHED) == set(JobState)
    assert set(UNFINISHED) == {state for state, _ in JOB_MOVES}
