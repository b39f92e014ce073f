"""Who asks: the bearer of one of our tokens. Sessions of the portal count too, with Django's CSRF token."""

from typing import Any

from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed

from apps.tenancy.models import ApiToken


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Bearer hrt_…`"""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        """Return whether the token has expired. Knox would read all tokens of the person here, and delete old ones."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()
