"""Thousands of wrong requests over both protocols: each gets the error that it should, and nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from apps.awsapi.registry import discover
from tests.faults import cbor_bodies, json_bodies
from tests.faults.cases import Case, cases_of, harmless
from tests.faults.ledger import ledger
from tests.faults.line import Line, encoded
from tests.faults.values import MODEL
from tests.journeys.wire import CBOR_TYPE, JSON_TYPE, Reply
from tests.running import CBOR, JSON, Headrace

CONTENT_TYPES = {JSON: JSON_TYPE, CBOR: CBOR_TYPE}
GENERIC = frozenset({"SerializationException", "ValidationException"})
# The model declares no not-found error for it; this is the one that clients know (reference 4.3).
UNDECLARED = {"UpdatePipeline": frozenset({"PipelineNotFoundException"})}
BODIES = {JSON: list(json_bodies.bodies()), CBOR: list(cbor_bodies.bodies())}


@dataclass(frozen=True)
class Quiet:
    """A Headrace of which nothing but the wire API runs, so that nothing but a request can change what it keeps."""

    headrace: Headrace
    line: Line


@pytest.fixture(scope="module")
def quiet() -> Iterator[Quiet]:
    with Headrace() as headrace:
        account = headrace.create_account()
        for name in ("worker", "queue"):
            headrace.end(name)
        with Line(headrace, account) as line:
            line.ask(JSON, "ListPipelines", b"{}")
            yield Quiet(headrace, line)


@pytest.fixture(autouse=True)
def nothing_changes(quiet: Quiet) -> Iterator[None]:
    before = ledger(quiet.headrace)
    yield
    after = ledger(quiet.headrace)
    assert [table for table in after if after[table] != before.get(table)] == []
    assert quiet.headrace.processes["web"].poll() is None


@pytest.mark.parametrize("protocol", [JSON, CBOR])
@pytest.mark.parametrize("operation", sorted(discover()))
def test_each_fault_of_each_member_gets_its_error(quiet, operation, protocol):
    cases = list(cases_of(operation))
    bodies = [encoded(protocol, case.request) for case in cases]
    expected = [encoded(protocol, case.like) if not case.codes else b"" for case in cases]
    likes = sorted(set(expected) - {b""})
    answers = dict(zip(likes, quiet.line.ask_all(protocol, operation, likes), strict=True))
    replies = quiet.line.ask_all(protocol, operation, bodies)
    wrong = [
        f"{case}: {problem}"
        for case, reply, like in zip(cases, replies, expected, strict=True)
        if (problem := wrong_with(case, reply, answers.get(like), protocol))
    ]
    assert not wrong, "\n".join(wrong)


def wrong_with(case: Case, reply: Reply, like: Reply | None, protocol: str) -> str:
    """Return what is wrong with an answer, "" for nothing."""
    if problem := malformed(reply, protocol):
        return problem
    code = reply.error[1]
    declared = {shape.name for shape in MODEL.operation_model(case.operation).error_shapes}
    known = GENERIC | declared | UNDECLARED.get(case.operation, frozenset())
    if reply.status >= 400 and code not in known:
        return f"was answered {code}, which the operation does not declare"
    if case.codes and code not in case.codes:
        return f"was answered {reply.status} {code or reply.body}"
    if like is not None and (reply.status, reply.body) != (like.status, like.body):
        return f"was answered {reply.status} {reply.body}, not {like.status} {like.body}"
    return ""


def malformed(reply: Reply, protocol: str) -> str:
    if reply.headers.get("content-type") != CONTENT_TYPES[protocol]:
        return f"was answered {reply.status} in {reply.headers.get('content-type')}: {reply.raw[:200]!r}"
    if reply.status >= 500:
        return f"was answered {reply.status} {reply.body}"
    if reply.status >= 400 and not reply.body.get("message"):
        return f"was answered {reply.body} without a message"
    return "" if reply.headers.get("x-amzn-requestid") else "was answered without a request id"


@pytest.mark.parametrize("protocol", [JSON, CBOR])
def test_bodies_that_try_the_reader_get_their_error(quiet, protocol):
    replies = quiet.line.ask_all(protocol, "GetPipeline", [body for _, body, _ in BODIES[protocol]])
    wrong = []
    for (name, _, verdict), reply in zip(BODIES[protocol], replies, strict=True):
        if problem := malformed(reply, protocol):
            wrong.append(f"{name}: {problem}")
        elif reply.error != (400, verdict):
            wrong.append(f"{name}: was answered {reply.status} {reply.body}, not {verdict}")
    assert not wrong, "\n".join(wrong)


def test_there_are_thousands_of_them():
    faults = sum(1 for operation in discover() for _ in cases_of(operation))
    assert 2 * faults + sum(map(len, BODIES.values())) >= 2000
    assert all(harmless(operation) for operation in discover())
