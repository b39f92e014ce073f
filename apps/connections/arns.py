"""Amazon resource names of connections. Source: CodeConnections API reference, ConnectionArn.

The service was called codestar-connections once; its ARNs name the same connections.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:(?:codeconnections|codestar-connections):([a-z0-9-]+):([0-9]{12}):connection/"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.ASCII,
)


@dataclass(frozen=True)
class ConnectionName:
    """An ARN of a connection, taken apart. Shapes: `account_number` is 12 digits."""

    region: str
    account_number: str
    uid: UUID


def connection_arn(account_number: str, uid: UUID) -> str:
    return f"arn:aws:codeconnections:{settings.REGION}:{account_number}:connection/{uid}"


def read_connection_arn(text: str) -> ConnectionName | None:
    """Return what an ARN names, None when it is none of a connection."""
    match = ARN.fullmatch(text)
    return ConnectionName(match[1], match[2], UUID(match[3])) if match else None
