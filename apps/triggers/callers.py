"""Who calls a hook, how often, and with how much."""

import ipaddress
from collections.abc import Sequence

from django.http import HttpRequest

from apps.core.rates import Buckets, Rate
from apps.triggers.errors import HookFlooded, HookTooLarge

BODY_LIMIT_BYTES = 1_048_576


def body_of(request: HttpRequest) -> bytes:
    """Return what was posted. Raises HookTooLarge."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    body = b"" if declared.isdigit() and int(declared) > BODY_LIMIT_BYTES else request.read(BODY_LIMIT_BYTES + 1)
    if len(body) > BODY_LIMIT_BYTES or (not body and declared.isdigit() and int(declared) > BODY_LIMIT_BYTES):
        raise HookTooLarge(f"A hook takes {BODY_LIMIT_BYTES} bytes at most.")
    return body


def address_of(request: HttpRequest, trusted: Sequence[str]) -> str:
    """Return the address of who called: of the connection, or what trusted proxies say of it.

    Of X-Forwarded-For the last entry that no trusted proxy has is taken: all before it may be invented.
    """
    address = request.META.get("REMOTE_ADDR", "")
    for named in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not named.strip() or not is_within(address, trusted):
            break
        address = named.strip()
    return address


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Say whether an address lies in one of these networks. What is no address lies nowhere."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(place, ipaddress.IPv6Address) and place.ipv4_mapped:
        place = place.ipv4_mapped
    return any(place in ipaddress.ip_network(network, strict=False) for network in networks)


def enter(hook: str, *, per_second: float, now: float) -> None:
    """Count a call of a hook in this process. Units: `now` in seconds of any steady clock. Raises HookFlooded."""
    if wait := CALLS.take(hook, Rate(per_second), now=now):
        raise HookFlooded(f"This hook is called more than {per_second:g} times a second. Wait {wait:.1f} seconds.")


CALLS = Buckets()
