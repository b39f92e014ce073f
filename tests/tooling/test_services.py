import socket
import subprocess
import sys

import pytest

from pipelines_project.launch.places import ROOT

from . import services
from .services import ServiceError, free_port, program

GIVE_A_PORT = """
import sys
from tests.tooling import services
if sys.argv[1:]:
    services.PORTS = range(int(sys.argv[1]), int(sys.argv[1]) + 1)
print(services.free_port())
"""


def given_elsewhere(*port: int) -> subprocess.CompletedProcess[str]:
    """Ask another process for a port, for any or for one."""
    command = [sys.executable, "-c", GIVE_A_PORT, *map(str, port)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_port_is_given_once(monkeypatch):
    port = free_port()
    assert f"No port from {port} to {port} is free" in given_elsewhere(port).stderr
    monkeypatch.setattr(services, "PORTS", range(port, port + 1))
    with pytest.raises(ServiceError, match=f"No port from {port} to {port} is free"):
        free_port()


def test_a_port_of_a_process_that_ended_is_given_again(monkeypatch):
    port = int(given_elsewhere().stdout)
    monkeypatch.setattr(services, "PORTS", range(port, port + 1))
    assert free_port() == port


def test_a_port_that_somebody_listens_on_is_not_given(monkeypatch):
    with socket.create_server(("127.0.0.1", int(given_elsewhere().stdout))) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(services, "PORTS", range(port, port + 1))
        with pytest.raises(ServiceError):
            free_port()


def test_a_server_that_is_not_installed_is_named_with_its_package():
    with pytest.raises(
        ServiceError, match="'no-such-server' is not installed. Install it: apt-get install its-package"
    ):
        program("no-such-server", "its-package")


@pytest.mark.postgres
def test_the_command_runs_beside_an_empty_postgresql_and_redis():
    code = "import os, psycopg, redis; "
    code += "print(psycopg.connect(os.environ['HEADRACE_DATABASE_URL']).execute('select 6 * 7').fetchone()[0]); "
    code += "print(redis.Redis.from_url(os.environ['HEADRACE_REDIS_URL']).dbsize())"
    command = [sys.executable, "-m", "tests.tooling.services", sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["42", "0"], done.stderr
    assert done.returncode == 0
