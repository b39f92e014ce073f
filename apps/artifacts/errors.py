from apps.core.errors import HeadraceError


class ObjectNotFound(HeadraceError):
    """The account has no object of this name in this bucket. An object of another account looks just the same."""


class VersionNotFound(ObjectNotFound):
    """The object has no version of this id."""


class UploadNotFound(HeadraceError):
    """No multipart upload of this id is open for this object."""


class InvalidPart(HeadraceError):
    """A part that the upload was to be completed with never arrived, or is not the one that did."""


class InvalidPartOrder(HeadraceError):
    """The parts are not listed by ascending number."""


class PartTooSmall(HeadraceError):
    """A part other than the last is smaller than the smallest part allowed."""


class DigestMismatch(HeadraceError):
    """The bytes that arrived are not those that the sender described. `claim` names the digest that differs."""

    def __init__(self, message: str = "", *, claim: str = "") -> None:
        super().__init__(message)
        self.claim = claim


class SizeMismatch(HeadraceError):
    """More or fewer bytes arrived than the sender had announced."""


class ObjectTooLarge(HeadraceError):
    """An object is larger than HEADRACE_ARTIFACT_LIMIT_BYTES allows."""


class ObjectExists(HeadraceError):
    """The object was to be written only if there is none of this name, and there is one."""


class InvalidObjectName(HeadraceError):
    """A bucket or key that cannot be stored."""


class NotAFile(HeadraceError):
    """What was to be kept as an artifact is a link, a folder, a device or a pipe."""


class StoreFull(HeadraceError):
    """The artifact store has no room. Nothing that was stored before is lost."""


class ArtifactDamaged(HeadraceError):
    """The stored bytes are not those that were once written."""
