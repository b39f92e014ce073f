"""A git host on loopback: git's own http-backend behind a small web server that may ask for a password.

Source: git-http-backend(1); RFC 3875 for what it is told.
"""

import base64
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import quote, urlsplit

from .repositories import git


class GitServer:
    """Serves the bare repositories below a folder, and takes pushes. `asked` lists what came: path and user, or None.

    With `password` only the user `reader` may come in. Hooks of the repositories are run.
    """

    def __init__(self, root: Path, *, password: str = "", port: int = 0) -> None:
        self.root, self.password = root, password
        self.asked: list[tuple[str, str | None]] = []
        host = self

        class Handler(_Handler):
            server_of = host

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def make_repository(self, name: str) -> Path:
        """Make an empty repository that lets history be asked for without its files. `name` is below the root."""
        folder = self.root / name
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
        git(folder, "config", "http.receivepack", "true")
        git(folder, "config", "uploadpack.allowFilter", "true")
        return folder

    def push(self, work: Path, name: str, *refs: str) -> None:
        """Push from a working copy, as a person would."""
        who = f"reader:{quote(self.password, safe='')}@" if self.password else ""
        git(work, "push", "--quiet", "--force", f"http://{who}127.0.0.1:{self.port}/{name}", *refs)


class _Handler(BaseHTTPRequestHandler):
    server_of: GitServer
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            return self._answer(self._chunks())
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().strip(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        host, user = self.server_of, self._user()
        host.asked.append((self.path, user))
        if host.password and user != "reader":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        said = subprocess.run(
            ["git", "http-backend"], input=body, env=self._environment(body), capture_output=True, check=True
        ).stdout
        head, _, content = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _user(self) -> str | None:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return None
        name, _, password = base64.b64decode(given).decode().partition(":")
        return name if password == self.server_of.password else None

    def _environment(self, body: bytes) -> dict[str, str]:
        parts = urlsplit(self.path)
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.server_of.root),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.server_of.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": self._user() or "anonymous",
            "REMOTE_ADDR": "127.0.0.1",
        }
