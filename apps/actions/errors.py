from apps.core.errors import HeadraceError


class ActionTypeNotFound(HeadraceError):
    """The account has no such action type, or it was deleted."""


class ActionTypeInvalid(HeadraceError):
    """The declaration of a custom action type contradicts itself."""


class TooManyActionTypes(HeadraceError):
    """The account has as many custom action types as it may."""


class ExecutorUnavailable(HeadraceError):
    """An offered action type would be run by something that is not there."""


class AwsConnectionNotFound(HeadraceError):
    """The account has no AWS connection."""


class AwsConnectionInvalid(HeadraceError):
    """An AWS connection cannot be what it is asked to be."""
