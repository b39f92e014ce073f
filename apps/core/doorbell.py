"""Wakes other processes at once when a commit has made work or news. A lost ring changes nothing: listeners also look
by themselves from time to time, for the database is the truth.

On PostgreSQL a ring is a NOTIFY inside the transaction. On SQLite, where every process is on one host, it is a
datagram to each listener's socket, sent after the commit.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from django.conf import settings
from django.db import connection, transaction

from apps.core.statements import carry_out

PAYLOAD_BYTES = 4000
PG_CHANNEL = "headrace_{}"
SILENCE_SECONDS = 20.0
ANSWER_SECONDS = 2.0


def ring(channel: str, payload: str = "") -> None:
    """Tell whoever listens on `channel`, once the current transaction is committed."""
    if connection.vendor == "postgresql":
        text, said = "SELECT pg_notify(%s, %s)", payload[:PAYLOAD_BYTES]
        carry_out(connection, text, [PG_CHANNEL.format(channel), said])
    else:
        transaction.on_commit(lambda: _send(channel, payload.encode()[:PAYLOAD_BYTES]), robust=True)


def ring_here(channel: str) -> None:
    """Wake the listeners of this machine now, outside any transaction. On PostgreSQL they look by themselves."""
    if connection.vendor != "postgresql":
        _send(channel, b"")


class Listener(Protocol):
    """Hears rings. `wait` returns what was heard as (channel, payload), empty after `timeout_seconds` of silence."""

    def wait(self, timeout_seconds: float) -> list[tuple[str, str]]: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def listen(*channels: str) -> Listener:
    """Return a listener on `channels`. It holds an own database connection or socket until it is closed."""
    return NotifyListener(channels) if connection.vendor == "postgresql" else SocketListener(channels)


def _folder(channel: str) -> str:
    return f"{settings.RUN_DIR}/{channel}"


@lru_cache(maxsize=1)
def _sender() -> socket.socket:
    """Return the socket that this process rings with: it has no address, so threads and children can share it."""
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender


def _send(channel: str, payload: bytes) -> None:
    folder = _folder(channel)
    with contextlib.suppress(FileNotFoundError):
        for address in os.listdir(folder):
            _send_to(_sender(), f"{folder}/{address}", payload)


def _send_to(sender: socket.socket, address: str, payload: bytes) -> None:
    try:
        sender.sendto(payload, address)
    except BlockingIOError:
        return  # its buffer is full of rings: it is awake already
    except (ConnectionRefusedError, FileNotFoundError):
        Path(address).unlink(missing_ok=True)  # its process is gone


class SocketListener:
    """Hears datagrams on one socket for each channel."""

    def __init__(self, channels: Sequence[str]) -> None:
        self.sockets: dict[socket.socket, tuple[str, Path]] = {}
        for channel in channels:
            folder = Path(_folder(channel))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            address = folder / f"{os.getpid()}-{time.monotonic_ns()}"
            receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            receiver.bind(str(address))
            receiver.setblocking(False)
            self.sockets[receiver] = (channel, address)

    def wait(self, timeout_seconds: float) -> list[tuple[str, str]]:
        ready, _, _ = select.select(list(self.sockets), [], [], max(0.0, timeout_seconds))
        return [(self.sockets[receiver][0], payload) for receiver in ready for payload in _drain(receiver)]

    def close(self) -> None:
        for receiver, (_, address) in self.sockets.items():
            receiver.close()
            address.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _drain(receiver: socket.socket) -> Iterator[str]:
    with contextlib.suppress(BlockingIOError):
        while True:
            yield receiver.recv(PAYLOAD_BYTES).decode(errors="replace")


class NotifyListener:
    """Hears PostgreSQL notifications on a connection of its own, and connects again when that is lost.

    A connection that was cut without a word is as silent as one with no news, so after a silence it is tried.
    """

    def __init__(self, channels: Sequence[str], *, silence_seconds: float = SILENCE_SECONDS) -> None:
        self.channels, self.silence_seconds = channels, silence_seconds
        self.connection: Any = None  # psycopg is there only where PostgreSQL is
        self._alive_at = 0.0

    def wait(self, timeout_seconds: float) -> list[tuple[str, str]]:
        import psycopg

        until = time.monotonic() + timeout_seconds
        try:
            listening = self.connection or self._connect()
            heard = [
                (note.channel.removeprefix(PG_CHANNEL.format("")), note.payload)
                for note in listening.notifies(timeout=max(0.0, timeout_seconds), stop_after=1)
            ]
            self._try_after_silence(heard)
            return heard
        except psycopg.OperationalError:
            self.close()
            time.sleep(max(0.0, min(1.0, until - time.monotonic())))
            return []

    def _try_after_silence(self, heard: list[tuple[str, str]]) -> None:
        """Raises psycopg.OperationalError when nobody is there."""
        moment = time.monotonic()
        if heard:
            self._alive_at = moment
        elif moment - self._alive_at > self.silence_seconds:
            self.connection.execute("SELECT 1")
            self._alive_at = moment

    def _connect(self):
        from apps.core.postgresql import driver

        parameters = connection.get_connection_params()
        parameters = {
            key: value for key, value in parameters.items() if key in {"dbname", "user", "password", "host", "port"}
        }
        self.connection = driver.connect(**parameters, autocommit=True)
        self.connection.answer_seconds = ANSWER_SECONDS
        self._alive_at = time.monotonic()
        for channel in self.channels:
            self.connection.execute(f"LISTEN {PG_CHANNEL.format(channel)}")
        return self.connection

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
