import pytest

from tests.bench.loop import shares


@pytest.mark.parametrize(
    ("rows", "transactions", "expected"),
    [
        (27, 4, [7, 7, 7, 6]),
        (23, 4, [6, 6, 6, 5]),
        (27, 9, [3] * 9),
        (25, 9, [3, 3, 3, 3, 3, 3, 3, 2, 2]),
        (2, 4, [1, 1, 0, 0]),
    ],
)
def test_rows_are_spread_evenly_over_the_transactions(rows, transactions, expected):
    assert shares(rows, transactions) == expected
    assert sum(expected) == rows
