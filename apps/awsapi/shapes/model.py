"""botocore's service model of CodePipeline, loaded once, and the few places where we read it differently."""

from typing import Final

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

SERVICE: Final = ServiceModel(Loader().load_service_model("codepipeline", "service-2"), "codepipeline")
TARGET_PREFIX: Final[str] = SERVICE.metadata["targetPrefix"]
OPERATIONS: Final[dict[str, OperationModel]] = {name: SERVICE.operation_model(name) for name in SERVICE.operation_names}

# The model says 1,000; the live service takes 50,000 and says so in its message.
MAXIMUM_OVERRIDES: Final[dict[str, int]] = {"ActionConfigurationValue": 50_000}

# Texts that the service reads itself instead of by the model's pattern: a malformed ARN is InvalidArnException.
READ_BY_OPERATIONS: Final = frozenset({"ResourceArn"})

# What people put secrets in, though the model calls only session credentials sensitive: never repeated in a message.
SECRET_SHAPES: Final = frozenset(
    {
        "ActionConfigurationMap",
        "ClientToken",
        "EnvironmentVariableValue",
        "RuleConfigurationMap",
        "WebhookAuthConfigurationSecretToken",
    }
)


def is_secret(shape: Shape) -> bool:
    return bool(shape.metadata.get("sensitive")) or shape.name in SECRET_SHAPES
