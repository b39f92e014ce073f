"""The published AWS Signature Version 4 vectors, and random changes of signed parts."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.awsapi.sigv4 import (
    HeaderNotSigned,
    SignatureError,
    canonical_request,
    parse_authorization,
    string_to_sign,
    verify,
)
from tests.awsapi.signing import KEY_ID, SECRET, Raw, read_request, sign

SUITE = Path(__file__).parent / "vectors" / "sigv4"
CASES = sorted(path.parent for path in SUITE.rglob("*.sreq"))
SIGNED_AT = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)
TOKEN_ADDED_AFTER_SIGNING = "post-sts-header-after"


def read(case: Path, suffix: str) -> bytes:
    return (case / f"{case.name}.{suffix}").read_bytes()


def check(raw: Raw, *, service: str = "service", now: datetime = SIGNED_AT) -> None:
    request = raw.to_verify()
    authorization = parse_authorization(request)
    secret = SECRET if authorization.access_key_id == KEY_ID else "the secret of another key"
    verify(request, authorization, secret=secret, now=now, region="us-east-1", service=service)


def test_the_suite_is_complete():
    assert len(CASES) == 34


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name != TOKEN_ADDED_AFTER_SIGNING], ids=lambda c: c.name
)
def test_a_published_vector_is_accepted_with_the_published_intermediate_texts(case):
    # The .sreq of get-vanilla-with-session-token has a scrambled signature; the .authz files are all right.
    raw = read_request(read(case, "sreq"))
    headers = tuple(pair for pair in raw.headers if pair[0] != b"authorization")
    request = replace(raw, headers=(*headers, (b"authorization", read(case, "authz")))).to_verify()
    authorization = parse_authorization(request)
    canonical = canonical_request(request, authorization.signed_headers, normalize_path=True, presigned=False)
    assert canonical == read(case, "creq")
    assert string_to_sign(authorization.timestamp, authorization.scope, canonical) == read(case, "sts")
    verify(request, authorization, secret=SECRET, now=SIGNED_AT, region="us-east-1", service="service")


def test_a_session_token_that_was_added_after_signing_is_refused():
    case = next(case for case in CASES if case.name == TOKEN_ADDED_AFTER_SIGNING)
    with pytest.raises(HeaderNotSigned):
        check(read_request(read(case, "sreq")))


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Change one byte to another one that no client may write differently: letters keep more than their case."""
    at = chance.randrange(len(data))
    byte = chance.choice([b for b in range(33, 127) if chr(b).lower() != chr(data[at]).lower()])
    return data[:at] + bytes([byte]) + data[at + 1 :]


def mutated(raw: Raw, chance: random.Random) -> Raw:
    part = chance.choice(("method", "path", "query", "body", "name", "value", "value", "authorization"))
    if part == "method":
        return replace(raw, method=flipped(raw.method.encode(), chance).decode())
    if part in ("path", "query", "body"):
        return replace(raw, **{part: flipped(getattr(raw, part), chance)})
    headers = list(raw.headers)
    wanted = [i for i, (name, _) in enumerate(headers) if (name == b"authorization") == (part == "authorization")]
    at = chance.choice(wanted)
    name, value = headers[at]
    headers[at] = (flipped(name, chance), value) if part == "name" else (name, flipped(value, chance))
    return replace(raw, headers=tuple(headers))


def test_ten_thousand_changes_of_one_byte_are_all_refused():
    chance = random.Random(20300131)
    raw = sign(
        "http://127.0.0.1:8000/service/CodePipeline_20150709/operation/StopPipelineExecution?a=1&b=2",
        body=b'{"pipelineName": "release"}',
        headers={"X-Amz-Target": "CodePipeline_20150709.X", "Content-Type": "application/cbor", "Accept": "a/b"},
        token="session/token==",
        service="service",
        at=SIGNED_AT,
    )
    check(raw)
    accepted = []
    for _ in range(10_000):
        changed = mutated(raw, chance)
        try:
            check(changed)
        except SignatureError:
            continue
        accepted.append(changed)
    assert accepted == []
