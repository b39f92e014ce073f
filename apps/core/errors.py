"""The base of every error that a caller can do something about."""


class HeadraceError(Exception):
    """Something a caller asked for cannot be done. `message` names the thing, what is wrong and the way out."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message
