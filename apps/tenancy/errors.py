from apps.core.errors import HeadraceError


class UnknownAccessKey(HeadraceError):
    """No active access key has this id."""


class InvalidSessionToken(HeadraceError):
    """The session token is missing, damaged, or belongs to another access key."""


class ExpiredSessionToken(HeadraceError):
    """The temporary credentials are past their end."""


class UsernameTaken(HeadraceError):
    """Another person signs in with this name."""
