"""The HTTP client providers get: judged addresses, no redirects, 10 seconds in all, 1 MiB."""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from .egress import Egress, EgressRefused
from .request import PeerUnavailable

TIME_LIMIT_SECONDS = 10.0
BODY_LIMIT = 1024 * 1024  # bytes


class TooMuch(Exception):
    """An answer is larger than allowed, or packed so that its size cannot be known."""


class GuardedHttp:
    """Implements `headrace_sdk.request.Http`."""

    def __init__(
        self, egress: Egress, *, time_limit_seconds: float = TIME_LIMIT_SECONDS, body_limit: int = BODY_LIMIT
    ) -> None:
        self._egress = egress
        self._time_limit_seconds = time_limit_seconds
        self._body_limit = body_limit

    def get(self, url: str, **options: Any) -> httpx2.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx2.Response:
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """Send one request; options are httpx2's headers, params, json, data, content. Raises PeerUnavailable."""
        try:
            target = self._egress.target(url)
            transport = _GuardedTransport(self._egress, self._time_limit_seconds, self._body_limit)
            headers = {"Accept-Encoding": "identity", "User-Agent": "Headrace"}
            with httpx2.Client(
                transport=transport, trust_env=False, follow_redirects=False, headers=headers, timeout=None
            ) as client:
                return client.request(method, url, **options)
        except (EgressRefused, TooMuch) as refused:
            raise PeerUnavailable(str(refused)) from None
        except (httpcore2.TimeoutException, TimeoutError):
            limit = f"{self._time_limit_seconds:g}"
            raise PeerUnavailable(f"{target.host} did not answer within {limit} seconds.") from None
        except (httpcore2.NetworkError, OSError):
            raise PeerUnavailable(f"{target.host} on port {target.port} cannot be reached.") from None
        except (httpcore2.ProtocolError, httpx2.HTTPError, httpx2.InvalidURL, httpcore2.UnsupportedProtocol):
            raise PeerUnavailable(f"{target.host} did not answer in HTTP that can be understood.") from None


class _GuardedTransport(httpx2.BaseTransport):
    def __init__(self, egress: Egress, time_limit_seconds: float, body_limit: int) -> None:
        self._body_limit = body_limit
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_LazyTls.context(), network_backend=_GuardedBackend(egress, time_limit_seconds)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        inner = httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.read(),
        )
        answer = self._pool.handle_request(inner)
        try:
            if any(name.lower() == b"content-encoding" and value != b"identity" for name, value in answer.headers):
                raise TooMuch(f"{url.host} answered in a packed form that was not asked for.")
            body = self._read(url.host, answer.iter_stream())
        finally:
            answer.close()
        return httpx2.Response(answer.status, headers=answer.headers, content=body)

    def _read(self, host: str, chunks: Iterable[bytes]) -> bytes:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._body_limit:
                raise TooMuch(f"{host} answered with more than {self._body_limit} bytes.")
        return bytes(body)

    def close(self) -> None:
        self._pool.close()


class _LazyTls:
    """One TLS context for the process: reading the certificates takes longer than most requests."""

    _context: ssl.SSLContext | None = None

    @classmethod
    def context(cls) -> ssl.SSLContext:
        if cls._context is None:
            cls._context = httpx2.create_ssl_context(trust_env=False)
        return cls._context


class _GuardedBackend(httpcore2.NetworkBackend):
    """Connects to the addresses the guard judged; TLS and the Host header go on naming the host."""

    def __init__(self, egress: Egress, time_limit_seconds: float) -> None:
        self._egress = egress
        self._due = time.monotonic() + time_limit_seconds
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        *others, last = self._egress.addresses(host, port)
        for address in others:
            try:
                return self._connect(address, port)
            except httpcore2.ConnectError:
                continue
        return self._connect(last, port)

    def _connect(self, address: str, port: int) -> httpcore2.NetworkStream:
        stream = self._backend.connect_tcp(address, port, timeout=left(self._due))
        return _TimedStream(stream, self._due)


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose reads and writes share one deadline, so that a peer that drips bytes gains nothing."""

    def __init__(self, stream: httpcore2.NetworkStream, due: float) -> None:
        self._stream = stream
        self._due = due

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._due))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._due))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left(self._due)), self._due)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(due: float) -> float:
    """Return the seconds until `due`, by the monotonic clock. Raises TimeoutError when there are none."""
    seconds = due - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
