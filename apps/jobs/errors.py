from apps.core.errors import HeadraceError


class JobNotFound(HeadraceError):
    """The account has no such job."""


class InvalidJob(HeadraceError):
    """The job is none of a third-party action type."""


class InvalidClientToken(HeadraceError):
    """The client token is not the one of the job's client."""


class InvalidNonce(HeadraceError):
    """The nonce is not the one of the job's latest offer, or the job was taken already."""


class InvalidJobState(HeadraceError):
    """The job is in a state in which it does not take this result."""


class InvalidJobResult(HeadraceError):
    """The result contradicts itself."""


class OutputVariablesTooLarge(HeadraceError):
    """The output variables of one action exceed 122,880 bytes."""


class InvalidQueryParameter(HeadraceError):
    """The poll's queryParam does not fit the action type."""
