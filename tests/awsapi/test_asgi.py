"""The wire API as an ASGI application: both protocols, who is let in, and bad input."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from apps.awsapi.errors import AwsError
from apps.awsapi.registry import Operation
from apps.core.errors import HeadraceError
from apps.pipelines.errors import PipelineNotFound
from tests.awsapi.driver import ROOT, cbor_call, json_call, scope_of, send, wire
from tests.awsapi.signing import NOW, sign

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def get_pipeline(caller, request):
    return {"pipeline": {"name": request["name"], "roleArn": caller.principal_arn}, "metadata": {"created": MOMENT}}


def list_pipelines(caller, request):
    return {"pipelines": [], "nextToken": ""}


def failing(error: BaseException):
    def fail(caller, request):
        raise error

    return Operation("DeletePipeline", fail)


@pytest.fixture
def app():
    application = wire(Operation("GetPipeline", get_pipeline), Operation("ListPipelines", list_pipelines))
    yield application
    application.threads.end()


CALLS = [json_call, cbor_call]


async def test_a_json_call_is_answered_in_json(app):
    reply = await send(app, json_call("GetPipeline", {"name": "release"}))
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-amz-json-1.1")
    assert reply.body["pipeline"]["name"] == "release"
    assert reply.body["metadata"] == {"created": 1704164645.678}


async def test_a_cbor_call_is_answered_in_cbor(app):
    reply = await send(app, cbor_call("GetPipeline", {"name": "release"}))
    assert (reply.status, reply.headers["content-type"]) == (200, "application/cbor")
    assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert reply.body["metadata"] == {"created": MOMENT}


@pytest.mark.parametrize("call", CALLS)
async def test_an_answer_carries_a_request_id_a_date_and_its_length(app, call):
    for reply in (await send(app, call("ListPipelines", {})), await send(app, call("GetPipeline", {}))):
        assert len(reply.headers["x-amzn-requestid"]) == 36
        assert reply.headers["date"] == "Thu, 31 Jan 2030 09:00:00 GMT"
        assert reply.headers["content-length"] == str(len(reply.raw))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("prefix", ["t/acme/", "deep/er/", ""])
async def test_an_endpoint_may_have_a_path_in_front(app, call, prefix):
    assert (await send(app, call("ListPipelines", {}, url=ROOT + prefix))).body == {"pipelines": []}


async def test_an_endpoint_path_may_lack_its_trailing_slash(app):
    assert (await send(app, json_call("ListPipelines", {}, url=f"{ROOT}t/acme"))).status == 200


async def test_a_body_may_come_in_pieces(app):
    raw = json_call("GetPipeline", {"name": "release"})
    reply = await send(app, raw, chunks=[raw.body[:5], raw.body[5:]])
    assert reply.body["pipeline"]["name"] == "release"


async def test_an_operation_without_output_answers_an_empty_object(app):
    application = wire(Operation("DeletePipeline", lambda caller, request: None))
    assert (await send(application, json_call("DeletePipeline", {"name": "a"}))).raw == b"{}"
    assert (await send(application, cbor_call("DeletePipeline", {"name": "a"}))).raw == b"\xa0"


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("POST", b"/", [(b"x-amz-target", b"DynamoDB.X")], True),
        ("GET", b"/", [(b"x-amz-target", b"X")], True),
        ("POST", b"/t/acme", [(b"x-amz-target", b"X")], True),
        ("POST", b"/", [(b"content-type", b"application/x-amz-json-1.0")], True),
        ("POST", b"/", [(b"authorization", b"AWS4-HMAC-SHA256 x")], True),
        ("GET", b"/service/CodePipeline_20150709/operation/GetPipeline", [], True),
        ("POST", b"/x/service/Other/operation/GetPipeline", [], True),
        ("GET", b"/", [], False),
        ("POST", b"/sign-in/", [(b"content-type", b"application/x-www-form-urlencoded")], False),
        ("POST", b"/", [(b"content-type", b"application/json")], False),
        ("GET", b"/service/", [], False),
    ],
)
def test_a_request_that_looks_like_aws_is_the_wire_api_s_to_answer(app, method, path, headers, expected):
    scope = {"type": "http", "method": method, "path": path.decode(), "raw_path": path, "headers": headers}
    assert app.dispatches(scope) is expected
    assert not app.dispatches(scope | {"type": "websocket"})


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"key_id": "NOBODY"}, "UnrecognizedClientException"),
        ({"secret": "another"}, "InvalidSignatureException"),
        ({"region": "eu-west-1"}, "InvalidSignatureException"),
        ({"service": "s3"}, "InvalidSignatureException"),
        ({"at": NOW - timedelta(seconds=301)}, "InvalidSignatureException"),
        ({"at": NOW + timedelta(seconds=301)}, "InvalidSignatureException"),
        ({"token": "foreign"}, "UnrecognizedClientException"),
        ({"key_id": "TEMPORARY"}, "UnrecognizedClientException"),
        ({"key_id": "TEMPORARY", "token": "another key's"}, "UnrecognizedClientException"),
        ({"key_id": "TEMPORARY", "token": "old"}, "ExpiredTokenException"),
        ({"key_id": "TEMPORARY", "token": "live"}, "AccessDeniedException"),
        ({"headers": {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}}, "InvalidSignatureException"),
    ],
)
async def test_who_is_not_known_or_did_not_sign_is_refused(app, call, more, error):
    reply = await send(app, call("ListPipelines", {}, **more))
    assert (reply.status, reply.error) == (400, error)


async def test_an_old_signature_is_told_with_the_time_that_clients_correct_their_clock_by(app):
    reply = await send(app, json_call("ListPipelines", {}, at=NOW - timedelta(minutes=6)))
    assert reply.body["message"].startswith("Signature expired: 20300131T085400Z is now earlier than 20300131T085500Z")


@pytest.mark.parametrize("call", CALLS)
async def test_a_changed_body_is_refused(app, call):
    raw = call("GetPipeline", {"name": "release"})
    reply = await send(app, replace(raw, body=raw.body.replace(b"release", b"another")))
    assert reply.error == "InvalidSignatureException"


async def test_a_call_without_signature_is_refused_even_with_a_session_cookie(app):
    raw = json_call("ListPipelines", {})
    headers = tuple(pair for pair in raw.headers if pair[0] != b"authorization")
    reply = await send(app, replace(raw, headers=(*headers, (b"cookie", b"session=live"))))
    assert reply.error == "MissingAuthenticationTokenException"


async def test_an_unsigned_target_is_refused(app):
    raw = cbor_call("ListPipelines", {})
    target = (b"x-amz-target", b"CodePipeline_20150709.DeletePipeline")
    assert (await send(app, replace(raw, headers=(*raw.headers, target)))).error == "InvalidSignatureException"


async def test_a_target_that_was_swapped_after_signing_is_refused(app):
    raw = json_call("ListPipelines", {})
    headers = tuple((n, v.replace(b"ListPipelines", b"GetPipeline")) for n, v in raw.headers)
    assert (await send(app, replace(raw, headers=headers))).error == "InvalidSignatureException"


async def test_an_unsigned_smithy_protocol_decides_nothing(app):
    raw = json_call("ListPipelines", {})
    reply = await send(app, replace(raw, headers=(*raw.headers, (b"smithy-protocol", b"rpc-v2-cbor"))))
    assert reply.body == {"pipelines": []}


async def test_a_signed_smithy_protocol_must_be_that_of_the_path(app):
    reply = await send(app, cbor_call("ListPipelines", {}, headers={"smithy-protocol": "rpc-v3"}))
    assert reply.error == "SerializationException"


@pytest.mark.parametrize(
    "name",
    [b"host", b"authorization", b"x-amz-date", b"x-amz-target", b"content-type", b"content-length"],
)
async def test_a_repeated_header_that_decides_something_is_refused(app, name):
    raw = json_call("ListPipelines", {}, headers={"Content-Length": "2"})
    reply = await send(app, replace(raw, headers=(*raw.headers, (name, dict(raw.headers)[name]))))
    assert (reply.status, reply.error) == (400, "IncompleteSignatureException")


async def test_a_request_without_host_is_refused(app):
    raw = json_call("ListPipelines", {})
    reply = await send(app, replace(raw, headers=tuple(pair for pair in raw.headers if pair[0] != b"host")))
    assert (reply.status, reply.error) == (400, "IncompleteSignatureException")


async def test_a_target_in_absolute_form_is_refused(app):
    reply = await send(app, replace(json_call("ListPipelines", {}), path=b"http://other/"))
    assert (reply.status, reply.error) == (400, "MalformedHttpRequestException")


@pytest.mark.parametrize("operation", ["NoSuchOperation", "DeletePipeline", "", "ListPipelines.X", "__class__"])
async def test_an_operation_that_is_not_there_is_unknown(app, operation):
    reply = await send(app, json_call(operation, {}))
    assert (reply.status, reply.error) == (400, "UnknownOperationException")
    if operation:
        assert (await send(app, cbor_call(operation, {}))).error == "UnknownOperationException"


@pytest.mark.parametrize("target", ["DynamoDB_20120810.ListPipelines", "ListPipelines", ""])
async def test_a_target_of_another_service_is_unknown(app, target):
    reply = await send(app, json_call("", {}, headers={"X-Amz-Target": target}))
    assert reply.error == "UnknownOperationException"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("call", CALLS)
async def test_another_method_than_post_gets_the_protocol_s_error(app, method, call):
    reply = await send(app, replace(call("ListPipelines", {}), method=method))
    assert (reply.status, reply.error) == (405, "UnknownOperationException")


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/cbor", ""])
async def test_a_json_call_of_another_content_type_is_an_unknown_operation(app, content_type):
    reply = await send(app, json_call("ListPipelines", {}, headers={"Content-Type": content_type}))
    assert reply.error == "UnknownOperationException"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-amz-json-1.1"])
async def test_a_cbor_call_of_another_content_type_cannot_be_read(app, content_type):
    reply = await send(app, cbor_call("ListPipelines", {}, headers={"Content-Type": content_type}))
    assert (reply.headers["content-type"], reply.error) == ("application/cbor", "SerializationException")


async def test_a_charset_beside_the_content_type_does_no_harm(app):
    headers = {"Content-Type": "application/x-amz-json-1.1; charset=utf-8"}
    assert (await send(app, json_call("ListPipelines", {}, headers=headers))).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b'{"name": 5}',
        b'{"name": ["release"]}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\xff"}',
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 10_000,
    ],
    ids=lambda body: f"{body[:20]!r}x{len(body)}",
)
async def test_a_body_that_cannot_be_read_is_a_serialization_error(app, body):
    reply = await send(app, json_call("GetPipeline", body))
    assert (reply.status, reply.error) == (400, "SerializationException")
    assert reply.body["message"]


@pytest.mark.parametrize("body", [b"", b"{}", b"\x80", b"\xa1", b"\xa1dname\x05", b"\x81" * 10_000, b"\xd8\x23aa"])
async def test_a_cbor_body_that_cannot_be_read_is_a_serialization_error(app, body):
    reply = await send(app, cbor_call("GetPipeline", body))
    assert (reply.headers["content-type"], reply.error) == ("application/cbor", "SerializationException")


@pytest.mark.parametrize("call", CALLS)
async def test_broken_constraints_are_a_validation_error(app, call):
    reply = await send(app, call("GetPipeline", {"name": "in valid"}))
    assert reply.error == "ValidationException"
    assert reply.body["message"].startswith("1 validation error detected: Value 'in valid' at 'name' failed")


@pytest.mark.parametrize("call", CALLS)
async def test_a_body_of_twenty_megabytes_is_refused_before_it_is_read(app, call):
    raw = call("ListPipelines", {}, headers={"Content-Length": "20000000"})
    asked = []
    reply = await send(app, raw, chunks=(asked.append(n) or b"x" for n in range(3)))
    assert asked == []
    assert (reply.status, reply.error) == (413, "RequestEntityTooLargeException")
    assert reply.headers["connection"] == "close"


@pytest.mark.parametrize("call", CALLS)
async def test_a_body_without_length_is_read_no_further_than_the_limit(app, call):
    asked = []
    reply = await send(app, call("ListPipelines", {}), chunks=(asked.append(n) or b"x" * 65_536 for n in range(320)))
    assert (reply.status, reply.error) == (413, "RequestEntityTooLargeException")
    assert len(asked) == 17


async def test_a_long_request_head_is_refused(app):
    many = replace(json_call("ListPipelines", {}), headers=tuple((b"x-%d" % n, b"") for n in range(61)))
    raw = json_call("ListPipelines", {})
    for headers in ((*raw.headers, *many.headers), (*raw.headers, (b"x-long", b"a" * 16_384))):
        reply = await send(app, replace(raw, headers=headers))
        assert (reply.status, reply.error) == (400, "MalformedHttpRequestException")


async def test_a_body_that_never_ends_is_given_up(app):
    application = wire(body_seconds=0.01)
    raw = json_call("ListPipelines", {})
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def take(message):
        sent.append(message)

    await application(scope_of(raw), receive, take)
    assert sent[0]["status"] == 408


async def test_a_client_that_hangs_up_is_not_answered(app):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    await app(scope_of(json_call("ListPipelines", {})), receive, sent.append)
    assert sent == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("raised", "status", "code", "message"),
    [
        (PipelineNotFound("No pipeline 'a'."), 400, "PipelineNotFoundException", "No pipeline 'a'."),
        (AwsError("ConflictException", "Busy.", 409), 409, "ConflictException", "Busy."),
        (OperationalError("secret host refused"), 503, "ServiceUnavailable", "The service is temporarily unavailable."),
        (OSError(28, "No space left on device"), 503, "ServiceUnavailable", "The service is temporarily unavailable."),
    ],
)
async def test_an_error_of_an_operation_gets_its_wire_name(call, raised, status, code, message):
    reply = await send(wire(failing(raised)), call("DeletePipeline", {"name": "a"}))
    assert (reply.status, reply.error) == (status, code)
    assert reply.body["message"].startswith(message)
    assert "secret" not in reply.raw.decode("latin-1")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("raised", [RuntimeError("secret"), HeadraceError("secret"), RecursionError("secret")])
async def test_an_unforeseen_error_is_an_internal_failure_with_the_id_that_the_log_has(call, raised, caplog):
    with caplog.at_level(logging.ERROR, logger="apps.awsapi.handling"):
        reply = await send(wire(failing(raised)), call("DeletePipeline", {"name": "a"}))
    assert (reply.status, reply.error) == (500, "InternalFailure")
    assert "secret" not in reply.body["message"]
    request_id = reply.headers["x-amzn-requestid"]
    assert request_id in reply.body["message"]
    assert request_id in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(("retry_safe", "status", "runs"), [(True, 200, 2), (False, 503, 1)])
async def test_an_operation_runs_again_after_a_broken_connection_only_if_it_may(retry_safe, status, runs):
    seen = []

    def flaky(caller, request):
        seen.append(request)
        if len(seen) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return {}

    application = wire(Operation("ListPipelines", flaky, retry_safe=retry_safe))
    application.short_work = None  # as with PostgreSQL; what fails in place is done on a thread in any case
    reply = await send(application, json_call("ListPipelines", {}))
    assert (reply.status, len(seen)) == (status, runs)


async def test_after_any_refusal_the_next_call_is_served(app):
    await send(app, json_call("GetPipeline", b"[" * 10_000))
    await send(app, json_call("GetPipeline", {"name": "a"}, secret="wrong"))
    assert (await send(app, json_call("GetPipeline", {"name": "a"}))).status == 200


async def test_a_get_of_the_root_with_a_signature_is_answered_in_the_protocol(app):
    reply = await send(app, sign(ROOT, method="GET", key_id="admin"))
    assert (reply.status, reply.error) == (405, "UnknownOperationException")
