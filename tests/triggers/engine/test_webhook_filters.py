import pytest

from apps.triggers.engine.jsonpath import PathInvalid
from apps.triggers.engine.signatures import is_hex_of, is_same, is_signed
from apps.triggers.engine.webhook_filters import KeyMissing, as_text, check_filters, filled, passes
from tests.triggers.hooks import payload, signed

BRANCH = {"Branch": "main", "Owner": "harbor"}


def rule(path: str, equals: str | None = None) -> dict[str, str]:
    return {"jsonPath": path} | ({} if equals is None else {"matchEquals": equals})


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], True),
        ([rule("$.ref", "refs/heads/{Branch}")], True),
        ([rule("$.ref", "refs/heads/main")], True),
        ([rule("$.ref", "refs/heads/MAIN")], False),
        ([rule("$.ref", "refs/heads/mai")], False),
        ([rule("$.ref", "refs/heads/{Branch}"), rule("$.repository.name", "board")], True),
        ([rule("$.ref", "refs/heads/{Branch}"), rule("$.repository.name", "other")], False),
        ([rule("$.repository.owner.login", "{Owner}")], True),
        ([rule("$.deleted", "false")], True),
        ([rule("$.repository.id", "186853002")], True),
        ([rule("$.base_ref", "null")], True),
        ([rule("$.head_commit")], True),
        ([rule("$.pull_request")], False),
        ([rule("$.base_ref")], True),  # it is there, and is null
        ([rule("$.commits[*].modified[*]", "src/board.py")], True),
    ],
)
def test_filters_are_all_of_them_and_compare_texts(filters, expected):
    assert passes(filters, payload("github_push"), BRANCH) is expected


def test_a_ping_and_a_tag_do_not_look_like_a_push_to_a_branch():
    filters = [rule("$.ref", "refs/heads/{Branch}")]
    assert [passes(filters, payload(name), BRANCH) for name in ("github_ping", "github_create_tag")] == [False, False]


def test_a_key_that_the_action_lacks_is_missed_early_and_late():
    for attempt in (filled, lambda pattern, keys: check_filters([rule("$.ref", pattern)], keys)):
        with pytest.raises(KeyMissing, match="no configuration key 'Nope'"):
            attempt("refs/heads/{Nope}", BRANCH)


def test_a_value_is_not_filled_again():
    assert filled("{Branch}", {"Branch": "{Owner}", "Owner": "x"}) == "{Owner}"


def test_a_path_is_checked():
    with pytest.raises(PathInvalid):
        check_filters([rule("ref")], {})


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (1, "1"), (1.5, "1.5"), (True, "true"), (None, "null"), ({"a": [1]}, '{"a":[1]}'), ("é", "é")],
)
def test_values_as_text(value, text):
    assert as_text(value) == text


BODY = b'{"ref":"refs/heads/main"}'


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_a_signature_is_that_of_these_bytes_under_this_secret(kind):
    good = signed(BODY, "secret", kind)
    assert is_signed(BODY, "secret", good)
    assert is_signed(BODY, "secret", good.upper().replace(kind.upper(), kind))


@pytest.mark.parametrize(
    "signature",
    [
        signed(BODY, "other"),
        signed(BODY + b" ", "secret"),
        signed(BODY, "secret").removeprefix("sha256="),
        signed(BODY, "secret").replace("sha256=", "sha1="),
        signed(BODY, "secret")[:-1],
        signed(BODY, "secret", "md5"),
        "sha256=",
        "sha256=é",
        "",
    ],
)
def test_any_other_signature_is_not(signature):
    assert not is_signed(BODY, "secret", signature)


def test_an_empty_secret_signs_nothing():
    assert not is_signed(BODY, "", signed(BODY, ""))
    assert not is_hex_of(BODY, "", signed(BODY, "").partition("=")[2])
    assert not is_same("", "")


def test_bare_signatures_and_secrets():
    assert is_hex_of(BODY, "secret", signed(BODY, "secret").partition("=")[2])
    assert is_same("token", "token")
    assert not is_same("token", "Token")
