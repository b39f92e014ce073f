import pytest

from tests.bench.figures import of_rounds, ratio


def test_a_ratio_is_the_median_of_the_ratios_of_neighbours():
    assert ratio([2.0, 40.0, 9.0], [1.0, 10.0, 3.0]) == 3.0


def test_rounds_are_told_by_the_median_of_each_figure():
    rounds = [{"burst": {"per_second": rate, "inserts": 27}} for rate in (80.0, 20.0, 70.0)]
    assert of_rounds(rounds) == {"burst": {"per_second": 70.0, "inserts": 27}}


@pytest.mark.parametrize(
    ("figure", "told", "expected"),
    [
        ("least_ms", (3, 1, 2), 1),
        ("greatest_ms", (3, 1, 2), 3),
        ("samples", (30, 30, 30), 90),
        ("p95_ms", (3, 1, 2), 2),
    ],
)
def test_extremes_are_those_of_all_rounds(figure, told, expected):
    assert of_rounds([{"latency": {figure: value}} for value in told]) == {"latency": {figure: expected}}
