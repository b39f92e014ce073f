"""Why a definition is refused, or cannot be resolved."""

from apps.core.errors import HeadraceError


class InvalidStructure(HeadraceError):
    """The pipeline as a whole contradicts itself."""


class InvalidStageDeclaration(HeadraceError):
    """A stage of the definition is wrong."""


class InvalidActionDeclaration(HeadraceError):
    """An action of the definition is wrong."""


class InvalidBlockerDeclaration(HeadraceError):
    """A stage uses the reserved member `blockers`."""


class DefinitionLimitExceeded(HeadraceError):
    """The definition has more stages or actions than a pipeline may."""


class DefinitionInvalid(HeadraceError):
    """A part of the definition is larger than it may be. On the wire this is a ValidationException."""


class UnresolvedVariable(HeadraceError):
    """A reference names a variable that has no value."""

    def __init__(self, namespace: str, key: str, message: str = "") -> None:
        super().__init__(message or f"The variable '{namespace}.{key}' has no value.")
        self.namespace = namespace
        self.key = key


class UnusableVariable(UnresolvedVariable):
    """The value of a variable cannot stand where a command refers to it."""
