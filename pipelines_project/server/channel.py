"""One connection: deadlines for heads and bodies, refusals that arrive, and writing no faster than is read."""

import asyncio
from collections import Counter
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IAddress
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, HTTPFactory
from twisted.web.http_headers import Headers

from pipelines_project.server.bounds import HEAD_BYTES, HEAD_FIELDS, Bounds
from pipelines_project.server.refusal import BAD_REQUEST, HEAD_TOO_LARGE, Head, Kinds, Refusal
from pipelines_project.server.request import Request
from pipelines_project.server.whole import Begun, Exchange, Whole, read_whole

HOLD_SECONDS = 0.05


class Channel(HTTPChannel):
    """Twisted's HTTP connection, with bounds. Once it is over, what still comes is read for a while and dropped.

    To close at once would reset the connection, and the client would lose the answer with it.
    """

    maxHeaders = HEAD_FIELDS
    totalHeadersSize = HEAD_BYTES
    requestFactory = Request
    factory: "Factory"
    transport: Any
    _networkProducer: Any

    def __init__(self) -> None:
        super().__init__()
        self.is_over = False
        self.writable = asyncio.Event()
        self.writable.set()
        self._deadline: Any = None
        self._ends: tuple[list, list] | None = None  # who calls, and where we listen
        self._held = b""
        self._is_timed = False
        self._exchange: Exchange | None = None  # a request that came whole and is not answered yet

    def connectionMade(self) -> None:
        super().connectionMade()
        self._expect_head()

    def dataReceived(self, data: bytes) -> None:
        if self.is_over:
            return
        if self._exchange is None and not self.requests:
            data = self._take_back() + data
            whole = read_whole(data, self.factory.bounds.body_bytes) if self._is_between_requests() else None
            if isinstance(whole, Whole):
                self._begin(Exchange(whole, self._write_at_once, self._finish, self.is_ending))
                return
            if whole is Begun.BODY_TO_COME:
                self._hold_back(data)
                return
            if self._deadline is None:
                self._expect_head()
        super().dataReceived(data)  # the general way

    def _hold_back(self, data: bytes) -> None:
        """Keep the head of a request for a moment, in which its body mostly comes. Else it goes the general way."""
        self._held = data
        if not self._is_timed:  # one timer for the requests of that time: most are answered before it rings
            self._is_timed = True
            self.callLater(HOLD_SECONDS, self._give_up_holding)

    def _take_back(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _give_up_holding(self) -> None:
        self._is_timed = False
        held = self._take_back()
        if held and not self.is_over:
            if self._deadline is None:
                self._expect_head()
            super().dataReceived(held)

    def _is_between_requests(self) -> bool:
        return bool(self.line_mode and self.persistent and not self._buffer and not self._waitingForTransport)

    def is_ending(self) -> bool:
        """Tell whether an answer that begins now is the last one on this connection."""
        return self.factory.is_ending

    def end_unless_busy(self) -> None:
        if self._exchange is None and not self.requests and not self._held and self._is_between_requests():
            self.loseConnection()

    def _begin(self, exchange: Exchange) -> None:
        """Have a whole request answered. What comes meanwhile is kept, as Twisted keeps it for its own requests."""
        self._end_deadline()
        self._exchange, self._handlingRequest = exchange, True
        self.setRawMode()
        if self._ends is None:
            peer, host = self.transport.getPeer(), self.transport.getHost()
            self._ends = [peer.host, peer.port], [host.host, host.port]
        self.factory.server.answer(exchange, *self._ends)

    def _write_at_once(self, data: bytes) -> None:
        """Write in this turn of the loop what the socket takes. To wait for the next costs three system calls more."""
        connection = self.transport.transport  # below what counts connections
        is_plain = isinstance(connection, tcp.Connection) and not connection.TLS
        if is_plain and connection.connected and not (connection.dataBuffer or connection._tempDataLen):
            sent = connection.writeSomeData(data)
            if isinstance(sent, int):
                data = data[sent:]
        if data:
            self.transport.write(data)

    def _finish(self, is_kept: bool) -> None:
        self._exchange, self._handlingRequest = None, False
        if not is_kept:
            self.persistent = False
            self.transport.loseConnection()
            return
        self.resetTimeout()
        if not self._waitingForTransport:
            self._networkProducer.resumeProducing()
        data, self._dataBuffer = b"".join(self._dataBuffer), []
        self.setLineMode(data)

    def timeoutConnection(self) -> None:
        """While it is us who work, the client is not late."""
        if self._exchange is not None:
            self.setTimeout(self.timeOut)
        else:
            super().timeoutConnection()

    def lineReceived(self, line: bytes) -> None:
        if not self.is_over:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(HEAD_TOO_LARGE)

    def rawDataReceived(self, data: bytes) -> None:
        if not self.is_over:
            super().rawDataReceived(data)

    def allHeadersReceived(self) -> None:
        self._end_deadline()
        super().allHeadersReceived()
        self.requests[-1].head_received(self._command, self._path, self._version, self.length)

    def allContentReceived(self) -> None:
        if not self.is_over:
            super().allContentReceived()

    def _send100Continue(self) -> None:
        """Sent by the request, when its application asks for the body."""

    def _respondToBadRequestAndDisconnect(self) -> None:
        too_large = self._receivedHeaderCount > self.maxHeaders or self._receivedHeaderSize > self.totalHeadersSize
        self.refuse(HEAD_TOO_LARGE if too_large else BAD_REQUEST)

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """Write names as the application gave them, in lower case: Twisted would write X-Amzn-Requestid."""
        fields = [(name.lower(), value) for name, values in headers.getAllRawHeaders() for value in values]
        lines = [b"%s: %s\r\n" % field for field in fields]
        self.transport.writeSequence([b"%s %s %s\r\n" % (version, code, reason), *lines, b"\r\n"])

    def refuse(self, refusal: Refusal) -> None:
        """Answer a request that its application shall not see, or see no more of, and end the connection."""
        if self.is_over:
            return
        request = self.requests[-1] if self.requests else None
        if request is None or not request.startedWriting:
            self.transport.write(self.factory.kinds.answer(self._head(request), refusal))
        if request is not None and request.has_begun:
            request.body.put_nowait({"type": "http.disconnect"})
        self._linger()

    def _head(self, request: Request | None) -> Head:
        """Return what is known of the request: Twisted hands its first line on only when the head is whole."""
        if request is None:
            return Head()
        request.method, request.uri = getattr(self, "_command", b""), getattr(self, "_path", b"")
        return request.head()

    def loseConnection(self) -> None:
        is_amid_a_request = not self._handlingRequest and (self.requests or not self.persistent)
        if is_amid_a_request:
            self._linger()
        else:
            super().loseConnection()

    def _linger(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        self._end_deadline()
        self.setTimeout(None)
        self._networkProducer.unregisterProducer()
        self._networkProducer.resumeProducing()
        self.transport.loseWriteConnection()
        self._deadline = self.callLater(self.factory.bounds.linger_seconds, self.transport.abortConnection)

    def hold(self, is_held: bool) -> None:
        """Stop or go on reading a body. While it is us who wait, the client is not late."""
        if is_held:
            self.setTimeout(None)
            self._networkProducer.pauseProducing()
        elif not self.is_over and self.requests:
            self.setTimeout(None if self._handlingRequest else self.timeOut)
            self._networkProducer.resumeProducing()

    def pauseProducing(self) -> None:
        self.writable.clear()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self.writable.set()
        super().resumeProducing()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self.is_over = True
        self._end_deadline()
        self.writable.set()
        if self._exchange is not None:
            self._exchange.gone()
        super().connectionLost(reason)

    def _expect_head(self) -> None:
        self._deadline = self.callLater(self.factory.bounds.head_seconds, self.transport.abortConnection)

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class Factory(HTTPFactory):
    """Makes the channels of one server."""

    protocol = Channel  # type: ignore[assignment]

    def __init__(self, server: Any, bounds: Bounds) -> None:
        super().__init__(timeout=bounds.silence_seconds)
        self.server, self.bounds, self.kinds = server, bounds, Kinds()
        self.is_ending = False

    def startFactory(self) -> None:
        """Twisted would wake up each second to write the time down for an access log."""

    def log(self, request: Any) -> None:
        """Twisted would format a line of that log."""


class FewPerAddress(WrappingFactory):
    """Takes at most `most` connections at once from one address, WebSockets included."""

    def __init__(self, wrapped: HTTPFactory, most: int) -> None:
        super().__init__(wrapped)
        self.most = most
        self.counts: Counter[str] = Counter()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        return None if self.counts[_host(addr)] >= self.most else super().buildProtocol(addr)

    def registerProtocol(self, p: ProtocolWrapper) -> None:
        self.counts[_host(p.getPeer())] += 1
        super().registerProtocol(p)

    def unregisterProtocol(self, p: ProtocolWrapper) -> None:
        super().unregisterProtocol(p)
        host = _host(p.getPeer())
        self.counts[host] -= 1
        if not self.counts[host]:
            del self.counts[host]


def _host(address: IAddress | None) -> str:
    return str(getattr(address, "host", ""))
