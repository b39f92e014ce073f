"""Daphne's request, called when its head is there instead of when its body is."""

from io import BytesIO
from typing import TYPE_CHECKING

from daphne.http_protocol import WebRequest

from pipelines_project.server.incoming import Incoming, Message
from pipelines_project.server.refusal import BAD_REQUEST, Head, body_too_large

if TYPE_CHECKING:
    from pipelines_project.server.channel import Channel


class Request(WebRequest):
    """One request. Its `body` is what the application receives from."""

    channel: "Channel | None"
    limit_bytes = 0
    has_begun = False

    def head_received(self, method: bytes, target: bytes, version: bytes, length: int | None) -> None:
        """Refuse what is too large, or call the application. Shapes: `length` is None for a chunked body."""
        assert self.channel is not None
        self.method, self.uri, self.clientproto = method, target, version
        self.path = target.partition(b"?")[0]
        channel, factory = self.channel, self.channel.factory
        self.limit_bytes = factory.kinds.body_limit(self.head(), factory.bounds)
        self.body = Incoming(ahead_bytes=factory.bounds.ahead_bytes, ask=self._invite, hold=channel.hold)
        self.content = BytesIO()  # stays empty: daphne reads it
        if length is not None and length > self.limit_bytes:
            channel.refuse(body_too_large(self.limit_bytes))
        elif length == 0:
            return  # begins when the channel is done with it, as an upgrade to a WebSocket must
        elif self.requestHeaders.hasHeader(b"upgrade"):
            channel.refuse(BAD_REQUEST)
        else:
            self.has_begun = True
            self.process()

    def head(self) -> Head:
        fields = tuple(
            (name.lower(), value) for name, values in self.requestHeaders.getAllRawHeaders() for value in values
        )
        return Head(self.method.decode("latin-1"), self.uri, fields)

    def gotLength(self, length: int | None) -> None:
        """Twisted would open a spool file here."""

    def handleContentChunk(self, data: bytes) -> None:
        self.body.add(data)
        if self.body.total_bytes > self.limit_bytes and self.channel is not None:
            self.channel.refuse(body_too_large(self.limit_bytes))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Twisted would parse forms here, and daphne begin."""
        self.body.end()
        if not self.has_begun:
            self.has_begun = True
            self.process()

    def handle_reply(self, message: Message) -> None:
        if self.channel is None or self.channel.is_over:
            return
        is_last = not self.body.is_whole or self.channel.is_ending()
        if message.get("type") == "http.response.start" and is_last:
            # What is left of a body cannot be told from a next request, so there will be none.
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
        super().handle_reply(message)

    def handle_exception(self, exception: Exception) -> None:
        """Break off an answer that has begun, so that nobody takes it for whole.

        Daphne's would begin another, raise, and so end the loop that looks after all connections.
        """
        if self.channel is not None and self._response_started:
            self.channel.transport.abortConnection()
        else:
            super().handle_exception(exception)

    def _invite(self) -> None:
        expected = self.requestHeaders.getRawHeaders(b"expect", [b""])[0]
        if expected.lower() == b"100-continue" and self.clientproto == b"HTTP/1.1" and not self.startedWriting:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
