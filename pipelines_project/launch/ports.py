"""Chooses the port: the one that was named, or the first free one from the default on."""

import os
import socket

from pipelines_project import env

from .places import SetupError, say

DEFAULT = 8000
TRIES = 100
LAST = 65535


def choose_port(host: str, default: int = DEFAULT) -> int:
    """Return a port to listen on. Raises: SetupError when the named one is busy, or a hundred are."""
    named = bool(os.environ.get("HEADRACE_PORT"))
    first = env.integer("HEADRACE_PORT", default=default, minimum=1)
    if first > LAST:
        raise SetupError(f"HEADRACE_PORT is {first}. Set it to {LAST} or less.")
    if is_free(host, first):
        return first
    if named:
        raise SetupError(f"Port {first} on {host} is in use. Set HEADRACE_PORT to another one.")
    for port in range(first + 1, first + TRIES):
        if is_free(host, port):
            say(f"Port {first} is in use; taking {port}.")
            return port
    raise SetupError(f"Ports {first} to {first + TRIES - 1} on {host} are in use. Set HEADRACE_PORT.")


def is_free(host: str, port: int) -> bool:
    """Say whether `port` can be bound. Raises: SetupError when the address is not one of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise SetupError(f"Port {port} needs more rights than this user has. Set HEADRACE_PORT.") from None
        except socket.gaierror:
            raise SetupError(f"HEADRACE_HOST is '{host}', which is no address of this machine.") from None
        except OSError as error:
            if error.strerror and "assign" in error.strerror:
                raise SetupError(f"HEADRACE_HOST is '{host}', which is no address of this machine.") from None
            return False
    return True
