"""Daphne's server with our bounds."""

import asyncio
import time
from functools import partial
from typing import Any

from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.logger import ILogObserver, globalLogBeginner
from zope.interface import implementer  # type: ignore[import-untyped]

from pipelines_project.server.bounds import Bounds
from pipelines_project.server.channel import Channel, Factory, FewPerAddress
from pipelines_project.server.draining import drained
from pipelines_project.server.request import Request
from pipelines_project.server.whole import Exchange

WEBSOCKET_SECONDS = 86_400
WEBSOCKET_MESSAGE_BYTES = 65_536
CLOSE_SECONDS = 5  # as long as uvicorn has, by `launch.processes`


@implementer(ILogObserver)
def _unheard(event: Any) -> None:
    """Twisted's own log has nothing that an operator could act on."""


class Server(DaphneServer):
    """Serves an ASGI application on the `endpoints`, which are Twisted's descriptions."""

    def __init__(self, application: Any, endpoints: list[str], bounds: Bounds) -> None:
        super().__init__(
            application,
            endpoints,
            websocket_timeout=WEBSOCKET_SECONDS,
            websocket_max_message_size=WEBSOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=WEBSOCKET_MESSAGE_BYTES,
            application_close_timeout=CLOSE_SECONDS,
            server_name=None,
            verbosity=0,
        )
        self.bounds = bounds
        self._answering: set[asyncio.Task] = set()
        self._ports: list[Any] = []
        self._status = 0

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM, and return 0; return 1 where an endpoint cannot be listened on.

        Daphne's own `run` names the factory that it uses, hence this one.
        """
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = Factory(self, self.bounds)
        self.ws_factory = WebSocketFactory(self, server=None)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )
        globalLogBeginner.beginLoggingTo([_unheard], redirectStandardIO=False, discardBuffer=True)
        loop: Any = reactor
        loop.seconds = time.monotonic  # by the wall clock, limits would end early, or never, when that is set
        asyncio.set_event_loop(loop._asyncioEventloop)
        loop.callLater(1, self.application_checker)
        loop.callLater(2, self.timeout_checker)
        self.connected = FewPerAddress(self.http_factory, self.bounds.connections_per_address)
        for description in self.endpoints:
            listener = serverFromString(loop, description).listen(self.connected)
            listener.addCallbacks(self.listen_success, self.listen_error)
        loop.addSystemEventTrigger("before", "shutdown", self.end)
        if not self.abort_start:
            loop.run()
        return self._status

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if not isinstance(protocol, Request):
            return super().create_application(protocol, scope)
        if protocol not in self.connections:
            return None
        scope.setdefault("asgi", {"version": "3.0"})
        instance = self.application(scope, protocol.body.receive, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(instance)
        return protocol.body

    def answer(self, exchange: Exchange, client: list, server: list) -> None:
        """Call the application for a request that came whole. Shapes: `client`, `server` as in an ASGI scope."""
        application = self.application(exchange.scope(client, server), exchange.receive, exchange.send)
        task = asyncio.ensure_future(application)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        task.add_done_callback(exchange.ended)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Hand on a part of an answer, and wait while its reader is slow: else a large one would lie in memory."""
        await super().handle_reply(protocol, message)
        channel = getattr(protocol, "channel", None)
        if channel is not None:
            await channel.writable.wait()

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        """Daphne ends as if it had been told to, and what supervises it would leave it at that."""
        self._status = 1
        super().listen_error(failure)

    def end(self) -> Any:
        """Take no more connections, answer who has asked, and end the rest. The reactor waits for it."""
        self.http_factory.is_ending = True
        for port in self._ports:
            port.stopListening()
        draining = asyncio.ensure_future(drained(self._open_for_requests, most_seconds=CLOSE_SECONDS))
        ended: Any = Deferred.fromFuture(draining)
        return ended.addBoth(lambda _: self.kill_all_applications())

    def _open_for_requests(self) -> list[Channel]:
        """Return the connections but WebSockets, which last as long as their page is open."""
        held = (wrapper.wrappedProtocol for wrapper in self.connected.protocols)
        return [each for each in held if isinstance(each, Channel)]

    def kill_all_applications(self) -> Any:
        """Daphne's stumbles over requests whose application was not called."""
        called = {key: facts for key, facts in self.connections.items() if "application_instance" in facts}
        self.connections = called
        for task in self._answering:
            task.cancel()
        return super().kill_all_applications()
