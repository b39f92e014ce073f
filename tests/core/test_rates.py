"""Token buckets: what passes in any stretch of time, and what a rest gives back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.rates import Buckets, Rate

TEN = Rate(10)  # twenty at once


def passed(buckets: Buckets, moments, rate: Rate = TEN) -> list[float]:
    return [now for now in moments if buckets.take("acme", rate, now=now) == 0]


def test_a_rested_bucket_lets_twice_the_rate_through_at_once():
    assert len(passed(Buckets(), [0.0] * 100)) == 20


def test_who_waits_as_long_as_they_were_told_passes_and_a_moment_earlier_nobody():
    buckets = Buckets()
    passed(buckets, [5.0] * 20)
    wait = buckets.take("acme", TEN, now=5.0)
    assert wait == pytest.approx(0.1)
    assert buckets.take("acme", TEN, now=5.0 + wait - 0.001) > 0
    assert buckets.take("acme", TEN, now=5.0 + wait + 1e-9) == 0


def test_a_refused_call_costs_nothing():
    buckets = Buckets()
    passed(buckets, [0.0] * 1000)
    assert len(passed(buckets, [1.0] * 100)) == 10


def test_each_key_has_a_bucket_of_its_own():
    buckets = Buckets()
    passed(buckets, [0.0] * 100)
    assert buckets.take("umbrella", TEN, now=0.0) == 0


def test_no_rate_is_no_limit():
    assert len(passed(Buckets(), [0.0] * 1000, Rate(0))) == 1000


def test_a_slow_rate_lets_one_through():
    buckets, slow = Buckets(), Rate(0.1)
    assert len(passed(buckets, [0.0, 0.0, 9.0, 10.1, 10.2], slow)) == 2


def test_many_keys_do_not_grow_without_bound():
    buckets = Buckets(most=50)
    for number in range(1000):
        assert buckets.take(number, TEN, now=0.0) == 0
    assert len(buckets._missing) <= 50


def test_buckets_in_use_stay_while_full_ones_are_dropped():
    buckets = Buckets(most=50)
    passed(buckets, [100.0] * 20)
    for number in range(49):
        buckets.take(number, TEN, now=0.0)
    assert buckets.take("new", TEN, now=100.0) == 0
    assert buckets.take("acme", TEN, now=100.0) > 0


PAUSES = st.lists(st.floats(0, 3), min_size=1, max_size=200)


@given(PAUSES, st.floats(0.5, 50), st.floats(0, 5))
def test_no_stretch_of_time_lets_more_through_than_its_rate_and_one_burst(pauses, per_second, stretch):
    rate, moments = Rate(per_second), [sum(pauses[:count]) for count in range(len(pauses))]
    through = passed(Buckets(), moments, rate)
    for begin in through:
        inside = [moment for moment in through if begin <= moment <= begin + stretch]
        assert len(inside) <= rate.burst + stretch * per_second + 0.001


@given(PAUSES, st.floats(0.5, 50))
def test_a_caller_slower_than_the_rate_is_never_refused(pauses, per_second):
    moments = [sum(pauses[:count]) + count / per_second for count in range(len(pauses))]
    assert passed(Buckets(), moments, Rate(per_second)) == moments
