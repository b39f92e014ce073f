"""Page tokens lead to the next page of the request that issued them, and nowhere else."""

import pytest

from apps.core.pages import InvalidNextToken, page, read_token

SCOPE = {"of": "executions", "account": 1, "pipeline": 7}


def token(scope: dict = SCOPE, key: list | None = None) -> str:
    issued = page([1, 2], 1, scope=scope, key=lambda row: key or [row]).next_token
    assert issued
    return issued


def test_a_token_carries_the_key_of_the_last_row_shown():
    first = page([30, 20, 10], 2, scope=SCOPE, key=lambda row: [row])
    assert first.rows == [30, 20]
    assert read_token(first.next_token, scope=SCOPE) == [20]


@pytest.mark.parametrize("rows", [[], [1], [1, 2]])
def test_the_last_page_has_no_token(rows):
    assert page(rows, 2, scope=SCOPE, key=lambda row: [row]).next_token is None


def test_without_a_token_one_begins_at_the_start():
    assert read_token(None, scope=SCOPE) is None


@pytest.mark.parametrize(
    "scope",
    [
        SCOPE | {"account": 2},
        SCOPE | {"pipeline": 8},
        SCOPE | {"of": "actions"},
        SCOPE | {"succeeded_in": "Build"},
        {"of": "executions", "account": "1", "pipeline": 7},
    ],
)
def test_another_account_or_another_request_cannot_use_it(scope):
    with pytest.raises(InvalidNextToken, match="another request"):
        read_token(token(), scope=scope)


def test_the_order_of_the_scope_does_not_matter():
    assert read_token(token(), scope=dict(reversed(SCOPE.items()))) == [1]


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "é", "." * 500, "WzEsMl0:1a:b"])
def test_a_token_that_nobody_issued_is_refused(forged):
    with pytest.raises(InvalidNextToken, match="not valid"):
        read_token(forged, scope=SCOPE)


def test_a_changed_letter_is_noticed():
    issued = token()
    for place, letter in enumerate(issued):
        changed = issued[:place] + ("A" if letter != "A" else "B") + issued[place + 1 :]
        with pytest.raises(InvalidNextToken):
            read_token(changed, scope=SCOPE)


def test_text_that_something_else_signed_is_refused():
    from django.core import signing

    with pytest.raises(InvalidNextToken, match="not valid"):
        read_token(signing.dumps([1, 2]), scope=SCOPE)
