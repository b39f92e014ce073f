"""Who calls an operation: the account and principal behind a verified signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.tenancy.grants import Grant
    from apps.tenancy.models import Account


@dataclass(frozen=True)
class Caller:
    """One caller of one request. Shapes: `account_number` is the 12-digit id; `request_id` is what people quote."""

    account: Account
    account_number: str
    principal_arn: str
    grant: Grant
    access_key_id: str
    request_id: str
