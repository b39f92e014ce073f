import contextlib
import socket
import threading
import time

import pytest

from headrace_sdk.egress import Egress
from headrace_sdk.http import GuardedHttp
from headrace_sdk.request import PeerUnavailable

LOCAL = Egress(allowed=("127.0.0.1", "named.example"), resolve=lambda host, port: ["127.0.0.1"])


@pytest.fixture
def raw_peer():
    """A function that starts a server which gives one connection to `handle` and returns its URL."""
    servers, threads = [], []

    def start(handle):
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(5)
        thread = threading.Thread(target=_serve_one, args=(server, handle), daemon=True)
        thread.start()
        servers.append(server)
        threads.append(thread)
        return f"http://named.example:{server.getsockname()[1]}/path"

    yield start
    for server in servers:
        server.close()


def _serve_one(server, handle):
    try:
        connection, _ = server.accept()
    except OSError:
        return
    with connection:
        connection.settimeout(5)
        with contextlib.suppress(OSError):  # the client hung up, as some tests want
            handle(connection)


def answering(data):
    def handle(connection):
        connection.recv(65536)
        connection.sendall(data)

    return handle


def test_an_answer_arrives_and_the_host_is_named_to_the_peer(raw_peer):
    seen = []

    def handle(connection):
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A: b\r\n\r\n" + b'{"a": "\xc3\xa9"}'[:11])

    answer = GuardedHttp(LOCAL).get(raw_peer(handle))
    assert (answer.status_code, answer.headers["x-a"], answer.json()) == (200, "b", {"a": "é"})
    assert b"Host: named.example:" in seen[0] or b"host: named.example:" in seen[0].lower()


def test_a_redirect_is_shown_and_not_followed(raw_peer):
    url = raw_peer(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    assert GuardedHttp(LOCAL).get(url).status_code == 302


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"rubbish\r\n\r\n", "understood"),
        (b"", "understood|reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "understood"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", "packed form"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000, "more than 1048576 bytes"),
    ],
)
def test_a_peer_that_answers_badly_is_refused_with_a_sentence(raw_peer, answer, words):
    with pytest.raises(PeerUnavailable, match=words):
        GuardedHttp(LOCAL).get(raw_peer(answering(answer)))


def test_a_peer_that_drips_is_given_up_at_the_time_limit_in_all(raw_peer):
    def drip(connection):
        connection.recv(65536)
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(PeerUnavailable, match=r"within 0\.3 seconds"):
        GuardedHttp(LOCAL, time_limit_seconds=0.3).get(raw_peer(drip))
    assert time.monotonic() - started < 1


def test_nobody_listening_is_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PeerUnavailable, match=f"port {port} cannot be reached"):
        GuardedHttp(LOCAL).post(f"http://127.0.0.1:{port}/", json={})


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://localhost:8000/", "ftp://example.org/", "no url", ""])
def test_places_that_are_not_allowed_are_not_asked(url):
    with pytest.raises(PeerUnavailable):
        GuardedHttp(Egress()).get(url)


def test_a_proxy_in_the_environment_is_not_used(raw_peer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = raw_peer(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert GuardedHttp(LOCAL).get(url).status_code == 204
