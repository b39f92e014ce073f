from tests.bench.bare import BARE, BARE_OUTSIDE
from tests.bench.buildbot import BUILDBOT, BUILDBOT_BURST, OTHERS
from tests.bench.measures import AT_ONCE, TO_THE_END
from tests.bench.outside import OUTSIDE, OUTSIDE_LEAN
from tests.bench.ratios import ratios


def a_round(**more):
    return {
        TO_THE_END: {"p50_ms": 30.0},
        AT_ONCE: {"executions_per_second": 60.0},
        OUTSIDE: {"p50_ms": 45.0},
        OUTSIDE_LEAN: {"p50_ms": 36.0},
        BARE: {"p50_ms": 10.0, "per_second": 100.0},
        BARE_OUTSIDE: {"p50_ms": 12.0},
        **more,
    }


def test_ours_is_compared_with_each_yardstick_and_its_goal():
    once = {BUILDBOT: {"p50_ms": 300.0}, BUILDBOT_BURST: {"executions_per_second": 5.0}}
    assert ratios([a_round()], once) == {
        "outside, times the bare loop": {"ratio": 3.75, "goal": "at most 4"},
        "outside without an SDK, times the bare loop": {"ratio": 3.0, "goal": "at most 4"},
        "burst, share of the bare loop's rate": {"ratio": 0.6, "goal": "at least 0.5"},
        "three stages, share of Buildbot's time": {"ratio": 0.1, "goal": "at most 0.2"},
        "burst, times Buildbot's rate": {"ratio": 12.0, "goal": "at least 10"},
    }


def test_each_round_is_compared_with_its_own_yardstick():
    slow = a_round(**{OUTSIDE: {"p50_ms": 450.0}, BARE_OUTSIDE: {"p50_ms": 120.0}})
    assert ratios([a_round(), slow, slow], {})["outside, times the bare loop"]["ratio"] == 3.75


def test_what_has_no_yardstick_in_the_run_is_not_compared():
    assert ratios([{OUTSIDE: {"p50_ms": 45.0}, AT_ONCE: {"executions_per_second": 60.0}}], {}) == {}


def test_a_buildbot_that_was_not_measured_is_not_compared():
    names = ratios([a_round()], {"Buildbot": {"not measured": "it is not there"}}).keys()
    assert not [name for name in names if "Buildbot" in name]


def test_a_buildbot_that_was_disturbed_is_not_compared():
    once = {BUILDBOT: {"p50_ms": 300.0, OTHERS: 0.1}, BUILDBOT_BURST: {"executions_per_second": 1.3, OTHERS: 0.85}}
    found = ratios([a_round()], once)
    assert found["three stages, share of Buildbot's time"]["ratio"] == 0.1
    assert found["burst, times Buildbot's rate"] == {
        "not compared": "others had 85% of the machine meanwhile",
        "goal": "at least 10",
    }
