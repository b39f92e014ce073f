from apps.core.errors import HeadraceError


class ConnectionInvalid(HeadraceError):
    """A connection cannot be so."""


class ConnectionNotFound(HeadraceError):
    """The account has no connection with this id or ARN."""


class ConnectionNameTaken(HeadraceError):
    """The account has a connection with this name already."""


class TooManyConnections(HeadraceError):
    """The account has as many connections as it may."""
