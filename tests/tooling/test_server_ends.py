"""SIGTERM fails no request: each server answers who has asked, and ends its connections with that."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from pipelines_project.launch.processes import SERVERS
from pipelines_project.launch.supervisor import GRACE_SECONDS
from tests.running import until
from tests.tooling.reflecting import LARGE_BYTES
from tests.tooling.test_server_limits import (
    ENVIRONMENT,
    ROOT,
    WIRE,
    facts_of,
    opened,
    request,
    rest_of,
    started,
    status_of,
    words_of,
)

SHORT_WAY = request(b"POST", b"/slow", WIRE, body=b"{}")
GENERAL_WAY = request(b"POST", b"/slow", body=b"{}")
SOON_SECONDS = 2
each_server = pytest.mark.parametrize("server", sorted(SERVERS))


@contextmanager
def ending_soon(tmp_path, server: str):
    """Start a server that has ended when the test is over, by itself."""
    with started(tmp_path, server=server) as (port, process):
        yield port, process
        process.wait(GRACE_SECONDS)


def end(port: int, process: subprocess.Popen) -> None:
    """Send SIGTERM, and wait until it has been heard: nobody is let in any more."""
    time.sleep(0.2)  # what was sent is there
    process.send_signal(signal.SIGTERM)
    until(lambda: not is_open(port), what="the end of listening")


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionError:
        return False
    return True


@each_server
@pytest.mark.parametrize("asked", [SHORT_WAY, GENERAL_WAY])
def test_who_has_asked_is_answered(tmp_path, server, asked):
    with ending_soon(tmp_path, server) as (port, process), opened(port) as connection:
        connection.sendall(asked)
        end(port, process)
        answer = rest_of(connection)
    assert facts_of(answer)["size"] == 2


@each_server
def test_a_body_on_its_way_arrives(tmp_path, server):
    with ending_soon(tmp_path, server) as (port, process), opened(port) as connection:
        connection.sendall(request(b"PUT", b"/", body=b"begun, ", length=12))
        end(port, process)
        time.sleep(1)
        connection.sendall(b"ended")
        assert facts_of(rest_of(connection))["size"] == 12


@each_server
def test_an_answer_on_its_way_is_read_to_its_end(tmp_path, server):
    with ending_soon(tmp_path, server) as (port, process), opened(port) as connection:
        connection.sendall(request(b"GET", b"/large"))
        end(port, process)
        time.sleep(1)
        assert len(rest_of(connection).partition(b"\r\n\r\n")[2]) == LARGE_BYTES


@each_server
def test_a_connection_on_which_nobody_asks_holds_nobody_up(tmp_path, server):
    with ending_soon(tmp_path, server) as (port, process), opened(port) as used, opened(port):
        used.sendall(request(b"GET", b"/"))
        assert status_of(used.recv(65_536)) == 200
        began = time.monotonic()
        end(port, process)
        process.wait(SOON_SECONDS)
        assert time.monotonic() - began < SOON_SECONDS


@each_server
def test_a_request_that_never_comes_whole_is_not_waited_for_for_long(tmp_path, server):
    with ending_soon(tmp_path, server) as (port, process), opened(port) as connection:
        connection.sendall(request(b"POST", b"/", body=b"abc", length=9))
        end(port, process)
        assert process.wait(GRACE_SECONDS) in {0, -signal.SIGTERM}


@pytest.mark.parametrize("asked", [SHORT_WAY, GENERAL_WAY])
def test_daphne_answers_who_asks_while_it_ends_and_says_that_it_does(tmp_path, asked):
    with ending_soon(tmp_path, "daphne") as (port, process), opened(port) as kept, opened(port) as fresh:
        kept.sendall(request(b"GET", b"/"))
        assert status_of(kept.recv(65_536)) == 200
        end(port, process)
        for connection in (kept, fresh):
            connection.sendall(asked)
        for connection in (kept, fresh):
            answer = rest_of(connection)
            assert b"\r\nconnection: close\r\n" in answer
            assert facts_of(answer)["size"] == 2


@each_server
def test_one_that_cannot_listen_says_so_and_ends_as_failed(tmp_path, server):
    with started(tmp_path, server=server) as (port, _):
        command = [sys.executable, *words_of(server, port)]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "address already in use" in done.stderr.lower()
