"""The pipelines of a file: from the JSON of the API as they stand, from a template as far as it can be worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .functions import Resolver
from .members import Imported, declaration_of, disabled_of, tags_of
from .reading import Unreadable

PIPELINE = "AWS::CodePipeline::Pipeline"


@dataclass(frozen=True)
class Surroundings:
    """Where a template comes to: what AWS would fill in. `given` holds values for what it leaves open.

    `keeps_encryption_keys`: whether artifact stores keep the keys of AWS's that they name.
    """

    account_number: str
    region: str
    stack: str
    given: Mapping[str, str] = field(default_factory=dict)
    keeps_encryption_keys: bool = True

    @property
    def pseudo(self) -> dict[str, str]:
        return {
            "AWS::AccountId": self.account_number,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }


def imported(document: Mapping[str, Any], surroundings: Surroundings) -> list[Imported]:
    """Return every pipeline of a file that was read. Raises Unreadable."""
    if "pipeline" in document or {"name", "stages"} <= document.keys():
        declared = document.get("pipeline", document)
        if not isinstance(declared, dict):
            raise Unreadable("its member 'pipeline' is no definition.")
        return [Imported(declared, tags=list(document.get("tags") or []))]
    resources = document.get("Resources")
    if not isinstance(resources, Mapping):
        raise Unreadable("it is neither the JSON of a pipeline nor a CloudFormation template.")
    found = {
        name: resource
        for name, resource in resources.items()
        if isinstance(resource, Mapping) and resource.get("Type") == PIPELINE
    }
    if not found:
        raise Unreadable(f"the template has no resource of the type {PIPELINE}.")
    try:
        pipelines = [_from_template(document, name, resource, surroundings) for name, resource in found.items()]
    except RecursionError:
        raise Unreadable("a part of it holds itself.") from None
    return [pipeline for pipeline in pipelines if pipeline is not None]


def _from_template(
    document: Mapping[str, Any], logical_id: str, resource: Mapping[str, Any], surroundings: Surroundings
) -> Imported | None:
    """Return the pipeline, None when its condition does not hold."""
    resolver = Resolver(document, surroundings.given, surroundings.pseudo, surroundings.stack)
    if "Condition" in resource and not resolver.holds(str(resource["Condition"])):
        if not resolver.missing:
            return None
        return Imported({"name": logical_id}, missing=tuple(resolver.missing))
    written = resource.get("Properties") or {}
    properties = resolver.resolve(written if surroundings.keeps_encryption_keys else without_encryption_keys(written))
    if not isinstance(properties, dict):
        raise Unreadable(f"the properties of {logical_id} are no mapping.")
    declaration = declaration_of(properties)
    if "name" not in declaration:
        declaration["name"] = f"{surroundings.stack}-{logical_id}"[:100]
    return Imported(
        declaration,
        tags=tags_of(properties),
        disabled_transitions=disabled_of(properties),
        missing=tuple(resolver.missing),
        assumed=tuple(resolver.assumed),
    )


def without_encryption_keys(properties: Any) -> Any:
    """Return a copy in which no artifact store names a key."""
    if isinstance(properties, Mapping):
        return {key: without_encryption_keys(item) for key, item in properties.items() if key != "EncryptionKey"}
    return [without_encryption_keys(item) for item in properties] if isinstance(properties, list) else properties
