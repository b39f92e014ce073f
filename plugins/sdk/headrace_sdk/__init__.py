"""What a Headrace plugin is written with. A plugin imports this and nothing else of Headrace."""

from .archive import ArchiveLimits, ArchiveRefused
from .aws import Aws, AwsNotConnected, AwsRefused
from .connection import Connection, is_repository
from .hookspecs import hookimpl, hookspec
from .host import HostRefused, ObjectVersion
from .provider import ActionProvider, Provider, RuleProvider
from .request import (
    CommitInfo,
    Ended,
    GitError,
    InputArtifact,
    OutputArtifact,
    PeerUnavailable,
    PipelineContext,
    Request,
    SandboxUnavailable,
)
from .types import (
    FAILURE_CODES,
    JSON,
    ActionTypeId,
    Failed,
    Performer,
    Property,
    Result,
    Revision,
    Running,
    SourceUnavailable,
    Succeeded,
)

__version__ = "1.0.0"

__all__ = [
    "FAILURE_CODES",
    "JSON",
    "ActionProvider",
    "ActionTypeId",
    "ArchiveLimits",
    "ArchiveRefused",
    "Aws",
    "AwsNotConnected",
    "AwsRefused",
    "CommitInfo",
    "Connection",
    "Ended",
    "Failed",
    "GitError",
    "HostRefused",
    "InputArtifact",
    "ObjectVersion",
    "OutputArtifact",
    "PeerUnavailable",
    "Performer",
    "PipelineContext",
    "Property",
    "Provider",
    "Request",
    "Result",
    "Revision",
    "RuleProvider",
    "Running",
    "SandboxUnavailable",
    "SourceUnavailable",
    "Succeeded",
    "hookimpl",
    "hookspec",
    "is_repository",
]
