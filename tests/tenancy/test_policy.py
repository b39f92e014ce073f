"""Policy documents: what they allow, what they deny, and which are refused when they are saved."""

import re
from contextlib import suppress
from fnmatch import fnmatchcase
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tenancy.errors import PolicyInvalid
from apps.tenancy.policy import MOST_CHARACTERS, Decision, glob, load_document, read_policy

PIPELINE = "arn:aws:codepipeline:us-east-1:111122223333:web"
STAGE = f"{PIPELINE}/Deploy"
ALLOWED, DENIED, NOT_ALLOWED = Decision.ALLOWED, Decision.DENIED, Decision.NOT_ALLOWED


def statement(effect: str = "Allow", **members) -> dict:
    return {"Effect": effect, **(members or {"Action": "*", "Resource": "*"})}


def document(*statements: dict, **members) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements), **members}


def decide(*statements: dict, action: str = "codepipeline:GetPipeline", resources=(PIPELINE,)) -> Decision:
    return read_policy(document(*statements)).decide(action, resources)


@pytest.mark.parametrize(
    ("members", "decision"),
    [
        ({"Action": "*", "Resource": "*"}, ALLOWED),
        ({"Action": "codepipeline:*", "Resource": "*"}, ALLOWED),
        ({"Action": "codepipeline:GetPipeline", "Resource": PIPELINE}, ALLOWED),
        ({"Action": ["codepipeline:ListPipelines", "codepipeline:GetPipeline"], "Resource": ["*"]}, ALLOWED),
        ({"Action": "CodePipeline:getpipeline", "Resource": "*"}, ALLOWED),
        ({"Action": "codepipeline:Get*", "Resource": f"{PIPELINE[:-3]}*"}, ALLOWED),
        ({"Action": "codepipeline:???Pipeline", "Resource": f"{PIPELINE[:-1]}?"}, ALLOWED),
        ({"Action": "codepipeline:GetPipelineState", "Resource": "*"}, NOT_ALLOWED),
        ({"Action": "codepipeline:Get", "Resource": "*"}, NOT_ALLOWED),
        ({"Action": "s3:*", "Resource": "*"}, NOT_ALLOWED),
        ({"Action": "*", "Resource": PIPELINE.replace("web", "Web")}, NOT_ALLOWED),
        ({"Action": "*", "Resource": f"{PIPELINE}/*"}, NOT_ALLOWED),
        ({"Action": "*", "Resource": f"{PIPELINE}?"}, NOT_ALLOWED),
        ({"NotAction": "codepipeline:Delete*", "Resource": "*"}, ALLOWED),
        ({"NotAction": ["iam:*", "codepipeline:Get*"], "Resource": "*"}, NOT_ALLOWED),
        ({"Action": "*", "NotResource": f"{PIPELINE}-staging"}, ALLOWED),
        ({"Action": "*", "NotResource": ["arn:aws:s3:::*", PIPELINE]}, NOT_ALLOWED),
    ],
)
def test_a_statement_allows_what_it_names(members, decision):
    assert decide(statement(**members)) is decision


@pytest.mark.parametrize("order", [1, -1])
def test_an_explicit_deny_wins_wherever_it_stands(order):
    both = [statement(), statement("Deny", Action="codepipeline:GetPipeline", Resource=PIPELINE)]
    assert decide(*both[::order]) is DENIED
    assert decide(*both[::order], action="codepipeline:GetPipelineState") is ALLOWED


def test_a_deny_alone_allows_nothing_else():
    assert decide(statement("Deny", Action="codepipeline:Delete*", Resource="*")) is NOT_ALLOWED


@pytest.mark.parametrize("name", [PIPELINE, STAGE])
def test_either_name_of_a_thing_counts(name):
    assert decide(statement(Action="*", Resource=name), resources=(PIPELINE, STAGE)) is ALLOWED
    assert decide(statement(), statement("Deny", Action="*", Resource=name), resources=(PIPELINE, STAGE)) is DENIED
    assert decide(statement(Action="*", NotResource=name), resources=(PIPELINE, STAGE)) is NOT_ALLOWED


def test_a_call_about_everything_takes_everything():
    assert decide(statement(Action="*", Resource=PIPELINE), resources=("*",)) is NOT_ALLOWED
    assert decide(statement(Action="*", Resource="*"), resources=("*",)) is ALLOWED


GOOD = statement()
REFUSED = [
    ("Allow", "must be a JSON object"),
    ([GOOD], "must be a JSON object"),
    ({}, "at least one statement"),
    (document(), "at least one statement"),
    (document(Statement=None), "at least one statement"),
    (document("Allow"), "Statement 1 must be a JSON object"),
    (document(GOOD, Version="2020-01-01"), "2012-10-17"),
    (document(GOOD, Version=2012), "2012-10-17"),
    (document(GOOD, Id=7), "Id must be a text"),
    (document(GOOD, Statements=[]), "unknown member 'Statements'"),
    (document({**GOOD, "effect": "Deny"}), "unknown member 'effect'"),
    (document({**GOOD, "Effect": "allow"}), "Effect must be"),
    (document({"Action": "*", "Resource": "*"}), "Effect must be"),
    (document(GOOD, {**GOOD, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}), "Statement 2: Conditions"),
    (document({**GOOD, "Principal": "*"}), "Leave out Principal"),
    (document({**GOOD, "NotPrincipal": "*"}), "Leave out NotPrincipal"),
    (document({**GOOD, "NotAction": "*"}), "either Action or NotAction"),
    (document({"Effect": "Allow", "Resource": "*"}), "either Action or NotAction"),
    (document({"Effect": "Allow", "Action": "*"}), "either Resource or NotResource"),
    (document({**GOOD, "Action": []}), "Action must not be empty"),
    (document({**GOOD, "Action": "GetPipeline"}), "each Action must be"),
    (document({**GOOD, "Action": "codepipeline:"}), "each Action must be"),
    (document({**GOOD, "Action": "codepipeline:Get Pipeline"}), "each Action must be"),
    (document({**GOOD, "Action": ["*", 5]}), "each Action must be"),
    (document({**GOOD, "Action": {"a": "b"}}), "each Action must be"),
    (document({**GOOD, "Resource": "web"}), "each Resource must be"),
    (document({**GOOD, "Resource": ""}), "each Resource must be"),
    (document({**GOOD, "Resource": f"{PIPELINE}-${{aws:username}}"}), "policy variables"),
    (document({**GOOD, "Sid": "not ok"}), "Sid must consist"),
    (document({**GOOD, "Sid": 1}), "Sid must consist"),
    (document({**GOOD, "Sid": "A"}, {**GOOD, "Sid": "A"}), "same Sid"),
    (document({**GOOD, "Resource": ["arn:aws:s3:::" + "b" * 400] * 20}), f"exceeds {MOST_CHARACTERS}"),
]


@pytest.mark.parametrize(("given_document", "why"), REFUSED)
def test_a_document_that_cannot_be_followed_is_refused(given_document, why):
    with pytest.raises(PolicyInvalid, match=re.escape(why)):
        read_policy(given_document)


@pytest.mark.parametrize(
    "text", ["", "{", "nonsense", '{"Version": "2012-10-17", "Version": "2012-10-17"}', "[" * 100_000]
)
def test_text_that_is_no_json_or_names_a_member_twice_is_refused(text):
    with pytest.raises(PolicyInvalid, match="not valid JSON"):
        load_document(text)


def test_a_document_of_the_largest_size_is_taken():
    whole = document(statement(Action="*", Resource=[f"arn:aws:s3:::{number:05}" for number in range(280)]))
    assert read_policy(whole).decide("s3:GetObject", ("arn:aws:s3:::00279",)) is ALLOWED


WORDS = st.text("ab:/*?.[", max_size=12)
PLAIN = st.text("ab:/.[\n", max_size=12)


@given(WORDS, PLAIN)
def test_wildcards_match_as_in_a_shell(pattern, text):
    expected = fnmatchcase(text, pattern.replace("[", "[[]"))
    assert bool(glob(pattern).fullmatch(text)) is expected


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "*" * 2000 + "b", "*?" * 300 + "b", "a*" * 200 + "b"])
def test_no_pattern_takes_long(pattern):
    """Shows T-14."""
    began = perf_counter()
    assert not glob(pattern).fullmatch("a" * 2000 + "c")
    assert perf_counter() - began < 0.05


ACTIONS = st.sampled_from(["codepipeline:Get*", "codepipeline:*", "*", "codepipeline:StartPipelineExecution", "s3:*"])
NAMES = st.sampled_from(["*", PIPELINE, f"{PIPELINE}*", "arn:aws:codepipeline:*:*:other", STAGE])
EFFECTS = st.sampled_from(["Allow", "Deny"])


@st.composite
def statements(draw) -> dict:
    action, resource = (
        draw(st.sampled_from(["Action", "NotAction"])),
        draw(st.sampled_from(["Resource", "NotResource"])),
    )
    return {
        "Effect": draw(EFFECTS),
        action: draw(st.lists(ACTIONS, min_size=1, max_size=3)),
        resource: draw(st.lists(NAMES, min_size=1, max_size=3)),
    }


CALLS = st.tuples(
    st.sampled_from(["codepipeline:GetPipeline", "codepipeline:StartPipelineExecution", "iam:PassRole"]),
    st.sampled_from([("*",), (PIPELINE,), (PIPELINE, STAGE), ("arn:aws:codepipeline:eu-west-1:1:other",)]),
)


@given(st.lists(statements(), min_size=1, max_size=5), CALLS, st.randoms())
def test_the_order_of_statements_does_not_matter(given_statements, call, random):
    shuffled = random.sample(given_statements, len(given_statements))
    assert read_policy(document(*given_statements)).decide(*call) is read_policy(document(*shuffled)).decide(*call)


@given(st.lists(statements(), min_size=1, max_size=5), statements(), CALLS)
def test_one_more_deny_never_allows_more(given_statements, extra, call):
    before = read_policy(document(*given_statements)).decide(*call)
    after = read_policy(document(*given_statements, {**extra, "Effect": "Deny"})).decide(*call)
    assert after is DENIED or after is before


@given(st.lists(statements(), min_size=1, max_size=5), CALLS)
def test_one_statement_alone_explains_each_decision(given_statements, call):
    alone = [read_policy(document(each)).decide(*call) for each in given_statements]
    expected = DENIED if DENIED in alone else ALLOWED if ALLOWED in alone else NOT_ALLOWED
    assert read_policy(document(*given_statements)).decide(*call) is expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Sid", "x"]), inner
            )
        ),
    )
)
def test_whatever_is_given_is_read_or_refused(value):
    with suppress(PolicyInvalid):
        assert read_policy(value).statements
