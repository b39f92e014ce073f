"""The short way of our server for calls that arrive in one piece: it differs from the general one in nothing."""

import socket
import time

import pytest

from pipelines_project.server.channel import HOLD_SECONDS
from pipelines_project.server.whole import MOST_AWAITED_BYTES, Begun, Whole, read_whole
from tests.tooling.reflecting import LARGE_BYTES
from tests.tooling.test_server_limits import (
    CLOSE,
    WIRE,
    exchange,
    facts_of,
    opened,
    request,
    rest_of,
    serving,
    status_of,
)

CBOR_PATH = b"/service/CodePipeline_20150709/operation/ListPipelines"
PLAIN = request(b"POST", b"/", WIRE, body=b"{}")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("whole"), "--head-seconds", "1", "--silence-seconds", "1") as port:
        yield port


def test_a_call_in_one_piece_is_read():
    assert read_whole(PLAIN, 1000) == Whole(
        b"/",
        ((b"host", b"a"), (b"x-amz-target", b"CodePipeline_20150709.ListPipelines"), (b"content-length", b"2")),
        b"{}",
    )


@pytest.mark.parametrize("missing", [1, 2])
def test_a_call_whose_head_came_is_awaited(missing):
    assert read_whole(PLAIN[:-missing], 1000) is Begun.BODY_TO_COME


def test_a_large_body_is_not_awaited():
    head = request(b"POST", b"/", WIRE, length=MOST_AWAITED_BYTES + 1)
    assert read_whole(head, 1_000_000) is None


def test_a_call_in_cbor_is_known_by_its_path():
    assert read_whole(request(b"POST", CBOR_PATH, body=b"\xa0"), 1000) is not None


def test_white_space_around_a_value_is_no_part_of_it():
    read = read_whole(request(b"POST", b"/", WIRE, b"Name: \t a  b \t\r\n", body=b"{}"), 1000)
    assert read is not None
    assert (b"name", b"a  b") in read.fields


@pytest.mark.parametrize(
    "other",
    [
        b"",
        PLAIN[:20],
        PLAIN + b"P",  # more than one
        request(b"POST", b"/", body=b"{}"),  # of no AWS client
        request(b"GET", b"/", WIRE, body=b"{}"),
        request(b"POST", b"/", WIRE),  # no body
        request(b"POST", b"/", WIRE, body=b"x" * 1001),  # too large
        request(b"POST", b"/", WIRE, b"content-length: 2\r\n", body=b"{}"),  # the length twice
        request(b"POST", b"/", WIRE, b"transfer-encoding: chunked\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"expect: 100-continue\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, CLOSE, body=b"{}"),
        request(b"POST", b"/", WIRE, b"upgrade: websocket\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"name_: a\r\n", body=b"{}"),  # daphne drops names with a line below
        request(b"POST", b"/", WIRE, b"name : a\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"name: a\r\n b\r\n", body=b"{}"),  # folded
        request(b"POST", b"/", WIRE, b"name: a\nb: c\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"name: a\rb: c\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"name: a\0\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, b"no colon\r\n", body=b"{}"),
        request(b"POST", b"/", WIRE, *[b"name-%d: a\r\n" % number for number in range(64)], body=b"{}"),
        request(b"POST", b"/", WIRE, b"name: %s\r\n" % (b"x" * 16_384), body=b"{}"),
        request(b"POST", b"/\xc3\xa4", WIRE, body=b"{}"),
        request(b"POST", b"/a#b", WIRE, body=b"{}"),
        request(b"POST", b"*", WIRE, body=b"{}"),
        request(b"POST", b"http://a/", WIRE, body=b"{}"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"content-length: 2", b"content-length: +2"),
        PLAIN.replace(b"content-length: 2", b"content-length: 0x2"),
        PLAIN.replace(b"\r\n", b"\n"),
        b"\r\n" + PLAIN,
    ],
)
def test_anything_else_is_left_to_the_general_way(other):
    assert read_whole(other, 1000) is None


def one_answer(connection: socket.socket) -> bytes:
    received = b""
    while b"}" not in received:
        received += connection.recv(65_536)
    return received


@pytest.mark.parametrize("cut", [len(PLAIN), 10, len(PLAIN) - 1])
def test_whole_or_in_pieces_it_is_answered_alike(port, cut):
    with opened(port) as connection:
        for part in filter(None, (PLAIN[:cut], PLAIN[cut:])):
            connection.sendall(part)
        facts = facts_of(one_answer(connection))
    assert (facts["path"], facts["method"], facts["size"]) == ("/", "POST", 2)


@pytest.mark.parametrize("pause", [HOLD_SECONDS / 10, HOLD_SECONDS * 3])
@pytest.mark.parametrize("cuts", [[-2], [-2, -1], [-1], [50, -2]])
def test_a_body_may_come_later_than_its_head(port, cuts, pause):
    parts = [PLAIN[start:end] for start, end in zip([0, *cuts], [*cuts, len(PLAIN)], strict=True)]
    with opened(port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(3):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            assert facts_of(one_answer(connection))["size"] == 2


def test_a_body_that_never_comes_is_not_waited_for_longer_than_by_the_general_way(port):
    with opened(port) as connection:
        connection.sendall(PLAIN[:-1])
        answer = rest_of(connection)
    with opened(port) as connection:
        connection.sendall(PLAIN[:10])
        time.sleep(0.2)
        connection.sendall(PLAIN[10:-1])
        assert rest_of(connection) == answer


def test_a_client_that_leaves_before_its_body_harms_nobody(port):
    with opened(port) as connection:
        connection.sendall(PLAIN[:-1])
    time.sleep(HOLD_SECONDS * 2)
    assert status_of(exchange(port, request(b"GET", b"/", CLOSE))) == 200


def test_calls_follow_one_another_on_a_connection_whichever_way_they_go(port):
    with opened(port) as connection:
        for each in (PLAIN, request(b"GET", b"/get"), PLAIN, request(b"POST", b"/", body=b"x"), PLAIN):
            connection.sendall(each)
            assert status_of(one_answer(connection)) == 200


def test_what_comes_before_the_answer_waits_for_its_turn(port):
    first, second = (request(b"POST", path, WIRE, body=b"{}") for path in (b"/slow", b"/service/second"))
    with opened(port) as connection:
        connection.sendall(first)
        connection.sendall(second + request(b"GET", b"/last", CLOSE))
        answers = b""
        while chunk := connection.recv(65_536):
            answers += chunk
    paths = [answers.find(path) for path in (b'"/slow"', b'"/service/second"', b'"/last"')]
    assert -1 not in paths
    assert paths == sorted(paths)


def test_an_answer_that_the_socket_does_not_take_at_once_arrives_whole_and_in_its_turn(port):
    with opened(port) as connection:
        connection.sendall(request(b"POST", b"/large", WIRE, body=b"{}"))
        time.sleep(0.3)  # it fills the socket meanwhile
        connection.sendall(PLAIN + request(b"GET", b"/last", CLOSE))
        head, _, rest = rest_of(connection).partition(b"\r\n\r\n")
    assert b"content-length: %d" % LARGE_BYTES in head
    assert rest[:LARGE_BYTES] == b"x" * LARGE_BYTES
    following, last = rest[LARGE_BYTES:].split(b"HTTP/1.1 200 OK")[1:]
    assert facts_of(following)["path"] == "/"
    assert facts_of(last)["path"] == "/last"


def test_a_client_that_leaves_amid_its_answer_harms_nobody(port):
    with opened(port) as connection:
        connection.sendall(request(b"POST", b"/large", WIRE, body=b"{}"))
        assert connection.recv(1000)
    assert status_of(exchange(port, request(b"GET", b"/", CLOSE))) == 200


def test_a_client_that_says_nothing_after_its_answer_is_dropped(port):
    assert exchange(port, PLAIN).count(b" 200 OK") == 1


def test_a_client_that_leaves_before_its_answer_harms_nobody(port):
    with opened(port) as connection:
        connection.sendall(request(b"POST", b"/slow", WIRE, body=b"{}"))
    assert status_of(exchange(port, request(b"GET", b"/", CLOSE))) == 200


def test_a_failure_of_the_application_is_an_answer_and_ends_the_connection(port):
    answer = exchange(port, request(b"POST", b"/fail", WIRE, body=b"{}"))
    assert status_of(answer) == 500
    assert b"connection: close" in answer
