"""Daphne with our bounds, and uvicorn with its own, started for real and talked to through raw sockets."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from websockets.sync.client import connect

from pipelines_project.launch.processes import SERVERS
from tests.tooling.services import free_port

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = "tests.tooling.reflecting:application"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "pipelines_project.settings.test",
    "HEADRACE_CONNECTIONS_PER_ADDRESS": "20",
    "HEADRACE_ARTIFACT_LIMIT_BYTES": "3000000",
}
WIRE = b"x-amz-target: CodePipeline_20150709.ListPipelines\r\n"
FOR_S3 = b"authorization: AWS4-HMAC-SHA256 Credential=AKID/20300101/us-east-1/s3/aws4_request, Signature=00\r\n"
MEBIBYTE = 1_048_576


def words_of(server: str, port: int) -> list[str]:
    *options, _ = SERVERS[server]
    return [*(word.format(host="127.0.0.1", port=port) for word in options), APPLICATION]


@contextmanager
def serving(tmp_path: Path, *options: str, server: str = "daphne"):
    with started(tmp_path, *options, server=server) as (port, _):
        yield port


@contextmanager
def started(tmp_path: Path, *options: str, server: str) -> Iterator[tuple[int, subprocess.Popen]]:
    port, log = free_port(), tmp_path / "server.log"
    *words, application = words_of(server, port)
    command = [sys.executable, *words, *options, application]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=os.environ | ENVIRONMENT, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until_it_answers(port, process)
            yield port, process
        finally:
            process.terminate()


def wait_until_it_answers(port: int, process: subprocess.Popen) -> None:
    for _ in range(400):
        assert process.poll() is None, "the server ended while it started"
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), "--head-seconds", "1", "--silence-seconds", "1") as port:
        yield port


def request(method: bytes, path: bytes, *fields: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    declared = b"content-length: %d\r\n" % (len(body) if length is None else length)
    return b"%s %s HTTP/1.1\r\nhost: a\r\n%s%s\r\n%s" % (method, path, b"".join(fields), declared, body)


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


def exchange(port: int, *parts: bytes) -> bytes:
    """Send what the server takes, and return all that it answers until it closes."""
    with opened(port) as connection:
        for part in parts:
            connection.sendall(part)
        return rest_of(connection)


def rest_of(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed, or reset."""
    received = b""
    with suppress(ConnectionError):
        while chunk := connection.recv(65_536):
            received += chunk
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def facts_of(answer: bytes) -> dict:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


CLOSE = b"connection: close\r\n"


@pytest.mark.parametrize("size", [0, 1, 70_000, MEBIBYTE])
def test_a_body_within_the_limit_arrives_whole(port, size):
    assert facts_of(exchange(port, request(b"POST", b"/", CLOSE, body=b"x" * size)))["size"] == size


def test_names_of_headers_go_out_as_the_application_gave_them(port):
    assert b"\r\ncontent-length: " in exchange(port, request(b"GET", b"/", CLOSE))


def test_requests_follow_one_another_on_a_connection(port):
    first, last = request(b"POST", b"/one", body=b"abc"), request(b"GET", b"/two", CLOSE)
    assert exchange(port, first + last).count(b" 200 OK") == 2


def test_a_body_that_is_declared_too_large_is_refused_before_it_is_read(port):
    with opened(port) as connection:
        connection.sendall(request(b"POST", b"/", length=10_000_000_000))
        assert status_of(rest_of(connection)) == 413


def test_a_client_that_sends_a_large_body_regardless_still_reads_the_answer(port):
    answer = exchange(port, request(b"POST", b"/", length=20_000_000), *[b"x" * 1_000_000] * 20)
    assert status_of(answer) == 413


def test_a_chunked_body_is_cut_at_the_limit(port):
    head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    assert status_of(exchange(port, head, *[chunk] * 40)) == 413


def test_artifacts_have_a_limit_of_their_own(port):
    within = exchange(port, request(b"PUT", b"/bucket/key", FOR_S3, CLOSE, body=b"x" * 2_000_000))
    assert facts_of(within)["size"] == 2_000_000
    beyond = exchange(port, request(b"PUT", b"/bucket/key", FOR_S3, length=3_000_001))
    assert status_of(beyond) == 413
    assert b"<Code>EntityTooLarge</Code>" in beyond


def test_a_presigned_upload_is_an_artifact(port):
    target = b"/bucket/key?X-Amz-Credential=AKID%2F20300101%2Fus-east-1%2Fs3%2Faws4_request"
    assert status_of(exchange(port, request(b"PUT", target, CLOSE, body=b"x" * 2_000_000))) == 200


def test_a_call_of_the_wire_api_is_refused_in_its_own_words(port):
    answer = exchange(port, request(b"POST", b"/", WIRE, length=20_000_000))
    assert status_of(answer) == 413
    assert b"x-amzn-requestid: " in answer
    assert facts_of(answer)["__type"] == "RequestEntityTooLargeException"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n" + b"".join(b"name-%d: a\r\n" % number for number in range(65)),
        b"GET / HTTP/1.1\r\nname: " + b"x" * 16_384 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"name: %s\r\n" % (b"x" * 1000) * 17,
        b"GET /" + b"x" * 16_384 + b" HTTP/1.1\r\n",
        b"GET /" + b"x" * 100_000,
        b"nonsense\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n",
        b"GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\ncontent-length: 3\r\n",
    ],
)
def test_a_head_that_is_too_large_or_malformed_is_a_bad_request(port, head):
    assert status_of(exchange(port, head + b"\r\n")) == 400


def test_a_large_head_of_a_wire_call_is_refused_in_its_own_words(port):
    fields = [b"name-%d: a\r\n" % number for number in range(65)]
    assert facts_of(exchange(port, request(b"POST", b"/", WIRE, *fields)))["__type"] == "MalformedHttpRequestException"


def test_the_client_is_told_to_go_on_once_its_body_is_wanted(port):
    with opened(port) as connection:
        connection.sendall(request(b"PUT", b"/", b"expect: 100-continue\r\n", CLOSE, length=3))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert facts_of(rest_of(connection))["size"] == 3


def test_a_body_that_nobody_wants_is_not_asked_for(port):
    answer = exchange(port, request(b"PUT", b"/deaf", b"expect: 100-continue\r\n", length=300_000))
    assert status_of(answer) == 403


def test_an_answer_before_the_end_of_the_body_ends_the_connection(port):
    smuggled = request(b"GET", b"/smuggled")
    answer = exchange(port, request(b"POST", b"/deaf", length=900_000), smuggled, b"x" * 300_000)
    assert status_of(answer) == 403
    assert b"connection: close" in answer.lower()
    assert b"smuggled" not in answer


@pytest.mark.parametrize("part", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\n"])
def test_a_head_that_does_not_arrive_in_time_is_dropped(port, part):
    began = time.monotonic()
    assert exchange(port, part) == b""
    assert 0.5 < time.monotonic() - began < 5


def test_a_head_that_trickles_is_dropped_all_the_same(port):
    with opened(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert is_dropped_while_it_sends(connection, b"name: a\r\n")


def is_dropped_while_it_sends(connection: socket.socket, part: bytes) -> bool:
    for _ in range(60):
        try:
            connection.sendall(part)
        except ConnectionError:
            return True
        time.sleep(0.05)
    return False


def test_a_body_that_stops_arriving_is_dropped(port):
    began = time.monotonic()
    assert exchange(port, request(b"POST", b"/", body=b"abc", length=4)) == b""
    assert 0.5 < time.monotonic() - began < 8


def test_a_body_may_take_long_as_long_as_it_moves(port):
    with opened(port) as connection:
        connection.sendall(request(b"POST", b"/", CLOSE, length=4))
        for _ in range(4):
            time.sleep(0.4)
            connection.sendall(b"x")
        assert facts_of(rest_of(connection))["size"] == 4


def test_a_slow_application_holds_the_client_back(port):
    answer = exchange(port, request(b"POST", b"/slow", CLOSE, body=b"x" * MEBIBYTE))
    assert facts_of(answer)["size"] == MEBIBYTE


def test_sockets_are_served_beside_requests(port):
    with connect(f"ws://127.0.0.1:{port}/live") as browser:
        assert browser.recv(timeout=5) == "welcome"


def test_an_answer_is_not_kept_in_memory_for_a_client_that_does_not_read(tmp_path):
    with serving(tmp_path) as port, opened(port) as connection:
        connection.sendall(request(b"GET", b"/flood"))
        log = tmp_path / "server.log"
        ends = time.monotonic() + 10
        while not (taken := re.search(r"flood: (\d+) MB", log.read_text())) and time.monotonic() < ends:
            time.sleep(0.05)
        assert taken
        assert int(taken[1]) < 50


def test_one_address_gets_so_many_connections_and_no_more(tmp_path):
    with serving(tmp_path) as port:
        assert not turned_away(port)
        with ExitStack() as stack:
            held = [stack.enter_context(opened(port)) for _ in range(20)]
            held[-1].sendall(request(b"GET", b"/"))
            assert held[-1].recv(1000).startswith(b"HTTP/1.1 200")
            assert turned_away(port)
        ends = time.monotonic() + 5
        while turned_away(port):
            assert time.monotonic() < ends


def turned_away(port: int) -> bool:
    try:
        return exchange(port, request(b"GET", b"/", CLOSE)) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_each_server_takes_many_requests_at_once(tmp_path, server):
    answers: list[bytes] = []
    with serving(tmp_path, server=server) as port:

        def call() -> None:
            answers.append(exchange(port, request(b"POST", b"/", CLOSE, body=b"x" * 100_000)))

        threads = [threading.Thread(target=call) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [facts_of(answer)["size"] for answer in answers] == [100_000] * 10


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_each_server_leaves_the_date_to_the_application_and_refuses_a_large_head(tmp_path, server):
    with serving(tmp_path, server=server) as port:
        assert b"\r\ndate:" not in exchange(port, request(b"GET", b"/", CLOSE)).lower()
        assert status_of(exchange(port, b"GET / HTTP/1.1\r\nname: ", b"x" * 70_000)) == 400
