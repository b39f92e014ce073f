"""What a git host's call leads to. Source: reference section 6.4; reliability-and-security T-41."""

from datetime import datetime

from apps.connections.models import Connection
from apps.triggers.engine.payloads import PayloadUnreadable, events_of, kind_of
from apps.triggers.engine.senders import deliveries_of, is_from
from apps.triggers.errors import HookRefused, HookUnreadable
from apps.triggers.services.git_events import event_arrived, keep_error
from apps.triggers.services.webhook_calls import Call, document_of

# The same words for an address that is none, or the answer would tell which are.
REFUSAL = "The call does not show that it may speak for this connection. Check the address and the secret."


def connection_called(token: str, call: Call, *, now: datetime) -> int:
    """Take what a git host tells. Returns how many executions that started so far.

    Raises: HookRefused, HookUnreadable.
    """
    connection = Connection.objects.select_related("account").filter(token=token).first()
    if connection is None:
        raise HookRefused(REFUSAL)
    host = connection.provider_type
    if not is_from(host, call.headers, call.body, connection.webhook_secret_in_clear()):
        keep_error(connection, "AuthenticationFailed", "A call came that does not show that it knows the secret.")
        raise HookRefused(REFUSAL)
    document = document_of(call)
    try:
        told = events_of(host, call.headers, document)
    except PayloadUnreadable as unreadable:
        raise HookUnreadable(str(unreadable)) from None
    connection.last_event_at, connection.error_code, connection.error_message = now, "", ""
    connection.save(update_fields=["last_event_at", "error_code", "error_message"])
    deliveries = deliveries_of(host, kind_of(host, call.headers), call.headers, call.body, document)
    return sum(
        event_arrived(connection, event, [f"{each}#{number}" for each in deliveries], now=now)
        for number, event in enumerate(told)
    )
