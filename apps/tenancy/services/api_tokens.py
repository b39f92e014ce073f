"""Tokens for our REST API."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.tenancy.errors import ApiTokenNotFound, TooManyApiTokens
from apps.tenancy.models import Account, ApiToken, User
from apps.tenancy.roles import Role

MOST_API_TOKENS = 100


@transaction.atomic
def create_api_token(
    *, user: User, name: str, role: Role, account: Account | None, lifetime: timedelta
) -> tuple[ApiToken, str]:
    """Make a token for our REST API and return it with its text, which cannot be read again.

    Those of the person that have expired go. Raises TooManyApiTokens.
    """
    theirs = ApiToken.objects.filter(user=user)
    theirs.filter(expiry__lt=timezone.now()).delete()
    if theirs.count() >= MOST_API_TOKENS:
        raise TooManyApiTokens(f"A person has {MOST_API_TOKENS} API tokens at most. Revoke one first.")
    made, text = ApiToken.objects.create(user, expiry=lifetime, name=name, role=role, account=account)
    return made, text


def revoke_api_token(*, user: User, token_id: UUID) -> None:
    """Raises ApiTokenNotFound."""
    gone, _ = ApiToken.objects.filter(user=user, id=token_id).delete()
    if not gone:
        raise ApiTokenNotFound(f"You have no API token with the id '{token_id}'.")
