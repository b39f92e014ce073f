import http.server
import json
import threading
from contextlib import contextmanager

from pipelines_project.launch.greeting import Greeting, ready_answer, sign_in_lines
from pipelines_project.launch.output import Lines

DEMO = {"username": "ada", "password": "correct horse"}


@contextmanager
def serving(status, body=b"ok"):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_answers_readyz_is_ready():
    with serving(200) as port:
        assert ready_answer("127.0.0.1", port) is None
        assert ready_answer("0.0.0.0", port) is None


def test_a_server_that_is_not_ready_says_why():
    with serving(503, b"database: away") as port:
        assert ready_answer("127.0.0.1", port) == "503 database: away"


def test_nobody_there_is_not_ready():
    with serving(200) as port:
        closed = port
    assert "refused" in ready_answer("127.0.0.1", closed)


def test_the_address_is_told_once_the_server_is_ready(tmp_path, capsys):
    (tmp_path / "demo.json").write_text(json.dumps(DEMO))
    with serving(200) as port:
        Greeting("127.0.0.1", port, tmp_path, demo=True).wait_and_say()
    told = capsys.readouterr().out
    assert f"Headrace is ready: http://127.0.0.1:{port}\n" in told
    assert "Sign in as ada, password correct horse" in told


def test_the_password_is_told_the_first_time_only(tmp_path):
    (tmp_path / "demo.json").write_text(json.dumps(DEMO))
    assert sign_in_lines(tmp_path) == ["Sign in as ada, password correct horse"]
    assert sign_in_lines(tmp_path) == [f"Sign in as ada, its password is in {tmp_path / 'demo.json'}"]


def test_without_a_demo_there_is_no_sign_in(tmp_path):
    assert sign_in_lines(tmp_path) == []


def test_output_is_cut_into_lines_and_the_last_are_kept(capsys):
    lines = Lines("web |")
    lines.feed(b"one\ntw")
    lines.feed(b"o\nthree")
    lines.close()
    assert capsys.readouterr().out == "web | one\nweb | two\nweb | three\n"
    assert list(lines.last) == ["one", "two", "three"]


def test_an_endless_line_is_cut(capsys):
    lines = Lines("web |")
    for _ in range(10):
        lines.feed(b"x" * 10_000)
    assert len(lines.rest) <= 20_000
    assert capsys.readouterr().out.count("\n") == 5
