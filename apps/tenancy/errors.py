from apps.core.errors import HeadraceError


class UnknownAccessKey(HeadraceError):
    """No active access key has this id."""


class InvalidSessionToken(HeadraceError):
    """The session token is missing, damaged, or belongs to another access key."""


class ExpiredSessionToken(HeadraceError):
    """The temporary credentials are past their end."""


class UsernameTaken(HeadraceError):
    """Another person signs in with this name."""


class PolicyInvalid(HeadraceError):
    """A policy document that cannot be followed. It is refused when it is saved, never half followed."""


class GrantInvalid(HeadraceError):
    """An access key was to be given nothing, or more than one of a role, a policy document and action types."""


class InvalidAccountNumber(HeadraceError):
    """An account's number is twelve digits."""


class AccountNumberTaken(HeadraceError):
    """Another account has this number."""


class AccessKeyNotFound(HeadraceError):
    """The account has no access key of this id."""


class ApiTokenNotFound(HeadraceError):
    """The person has no API token of this id."""


class TooManyApiTokens(HeadraceError):
    """The person has as many API tokens as they may have."""


class TooManyAccessKeys(HeadraceError):
    """The account has as many active access keys as it may have."""
