import pytest

from tests.bench.buildbot import BUILDBOT, BUILDBOT_BURST, OTHERS, buildbot, figures_of

TOLD = {
    "install": {"version": "4.3.0"},
    "total": {"n": 10, "p50": 312.588, "p95": 356.048},
    "bursts": [{"n": 200, "finished": 200, "drain_s": 38.121, "pipelines_per_s": 5.246, "foreign_cpu": 0.03}],
    "foreign_cpu_median": 0.01,
}


def test_what_the_shared_bench_wrote_becomes_figures():
    assert figures_of(TOLD) == {
        BUILDBOT: {"p50_ms": 312.6, "p95_ms": 356.0, "samples": 10, OTHERS: 0.01, "version": "4.3.0"},
        BUILDBOT_BURST: {"executions_per_second": 5.2, "drained_s": 38.12, OTHERS: 0.03},
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"error": "no such package"}, "no such package"),
        ({"bursts": [{**TOLD["bursts"][0], "finished": 150}]}, "it finished 150 of 200 at once"),
    ],
)
def test_one_that_failed_is_told_to_be_not_measured(change, why):
    assert figures_of(TOLD | change) == {"Buildbot": {"not measured": why}}


def test_without_the_shared_bench_it_is_not_measured(tmp_path):
    told = buildbot(tmp_path / "peers.py")
    assert told["Buildbot"]["not measured"].startswith("the shared bench is not beside this repository")
