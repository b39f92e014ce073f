"""The steps before anything is served: keys, claim, port, stamps."""

import os
import socket
import stat
import subprocess
import sys

import pytest

from pipelines_project.launch.claim import claim
from pipelines_project.launch.keys import ensure_keys
from pipelines_project.launch.mirrors import uv_environment
from pipelines_project.launch.places import ROOT, SetupError, fingerprint, is_current, run_quietly
from pipelines_project.launch.ports import choose_port


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def busy_socket():
    taken = socket.create_server(("127.0.0.1", 0))
    return taken, taken.getsockname()[1]


def without(monkeypatch, *names):
    for name in names:
        monkeypatch.delenv(name, raising=False)


KEY_VARIABLES = [f"HEADRACE_{key}_KEY{ending}" for key in ("SECRET", "MASTER") for ending in ("", "_FILE")]


def test_keys_are_made_for_the_owner_alone(tmp_path, monkeypatch):
    without(monkeypatch, *KEY_VARIABLES)
    data = tmp_path / "deep" / "var"
    ensure_keys(data)
    assert mode(data) == 0o700
    assert {file.name: mode(file) for file in data.iterdir()} == {"secret_key": 0o600, "master_key": 0o600}


def test_keys_are_made_once(tmp_path, monkeypatch):
    without(monkeypatch, *KEY_VARIABLES)
    ensure_keys(tmp_path)
    before = (tmp_path / "master_key").read_text()
    ensure_keys(tmp_path)
    assert (tmp_path / "master_key").read_text() == before
    assert before != (tmp_path / "secret_key").read_text()


def test_a_key_in_the_environment_is_not_made(tmp_path, monkeypatch):
    without(monkeypatch, *KEY_VARIABLES)
    monkeypatch.setenv("HEADRACE_SECRET_KEY", "mine")
    monkeypatch.setenv("HEADRACE_MASTER_KEY_FILE", "/run/secrets/master")
    ensure_keys(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_supervisor_on_the_same_data_is_refused_with_the_first_ones_process(tmp_path):
    handle = claim(tmp_path)
    with pytest.raises(SetupError, match=rf"already runs on .*process {os.getpid()}.*HEADRACE_DATA_DIR"):
        claim(tmp_path)
    os.close(handle)
    os.close(claim(tmp_path))


def test_a_claim_waits_for_what_a_killed_supervisor_left_behind(tmp_path):
    handle = claim(tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    os.pwrite(handle, f"{ended.pid}\n".encode().ljust(10), 0)
    code = f"import time; time.sleep(0.5)  # holds {handle}"
    guardian = subprocess.Popen([sys.executable, "-c", code], pass_fds=[handle])
    os.close(handle)
    os.close(claim(tmp_path))
    assert guardian.wait() == 0


def test_a_named_port_that_is_busy_is_refused(monkeypatch):
    taken, port = busy_socket()
    monkeypatch.setenv("HEADRACE_PORT", str(port))
    with taken, pytest.raises(SetupError, match=f"Port {port} .* in use. Set HEADRACE_PORT"):
        choose_port("127.0.0.1")


def test_without_a_named_port_the_next_free_one_is_taken_and_told(monkeypatch, capsys):
    taken, port = busy_socket()
    without(monkeypatch, "HEADRACE_PORT")
    with taken:
        chosen = choose_port("127.0.0.1", default=port)
    assert chosen > port
    assert capsys.readouterr().out == f"Port {port} is in use; taking {chosen}.\n"


def test_an_address_of_another_machine_is_refused(monkeypatch):
    without(monkeypatch, "HEADRACE_PORT")
    with pytest.raises(SetupError, match=r"'192\.0\.2\.1', which is no address of this machine"):
        choose_port("192.0.2.1")


def test_a_stamp_follows_contents_and_words(tmp_path):
    lock, stamp = tmp_path / "lock.txt", tmp_path / "stamp"
    lock.write_text("one")
    stamp.write_text(fingerprint([lock], 3, 11))
    assert is_current(stamp, fingerprint([lock], 3, 11))
    assert not is_current(stamp, fingerprint([lock], 3, 12))
    lock.write_text("two")
    assert not is_current(stamp, fingerprint([lock], 3, 11))


def test_a_step_that_fails_says_which_and_why(capfd):
    command = [sys.executable, "-c", "import sys; sys.exit('the index is away')"]
    with pytest.raises(SetupError, match="Installing failed: the index is away"):
        run_quietly(command, what="Installing")


def test_uv_is_told_where_pip_looks(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = file:///a\nextra-index-url =\n  file:///b\n  file:///c\n")
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_EXTRA_INDEX_URL": "file:///d"}
    told = uv_environment(environ)
    assert told["UV_DEFAULT_INDEX"] == "file:///a"
    assert told["UV_INDEX"] == "file:///d"


def test_uv_that_is_configured_is_left_alone(tmp_path):
    environ = {"HOME": str(tmp_path), "UV_INDEX": "file:///mine", "PIP_INDEX_URL": "file:///a"}
    assert uv_environment(environ) == environ


def test_an_unknown_verb_shows_the_verbs():
    command = [sys.executable, "pipelines_project/bootstrap.py", "fly"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    for verb in ("run", "test", "lint", "simulate", "bench", "fast", "clean", "setup"):
        assert f"  {verb} " in done.stdout
