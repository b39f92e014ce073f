from tests.bench.figures import ratio


def test_a_ratio_is_the_median_of_the_ratios_of_neighbours():
    assert ratio([2.0, 40.0, 9.0], [1.0, 10.0, 3.0]) == 3.0
