"""The verbs that write."""

from apps.tenancy.services.access_keys import change_access_key, create_access_key, revoke_access_key
from apps.tenancy.services.accounts import NewAccount, create_account, create_user
from apps.tenancy.services.api_tokens import create_api_token, revoke_api_token

__all__ = [
    "NewAccount",
    "change_access_key",
    "create_access_key",
    "create_account",
    "create_api_token",
    "create_user",
    "revoke_access_key",
    "revoke_api_token",
]
