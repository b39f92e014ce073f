"""Rules about variables: the namespaces that actions declare, the pipeline's own variables, references to both."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .definition import Action, Definition
from .errors import InvalidActionDeclaration, InvalidStructure
from .variables import references

EXECUTION_NAMESPACE = "codepipeline"
PIPELINE_NAMESPACE = "variables"


@dataclass(frozen=True, slots=True)
class Use:
    """A reference in an action: `member` is the configuration key, or the name of another member, it stands in."""

    action: Action
    member: str
    namespace: str
    key: str

    def __str__(self) -> str:
        return (
            f"StageName=[{self.action.stage}], ActionName=[{self.action.name}], "
            f"ActionConfigurationKey=[{self.member}], VariableReferenceText=[{self.namespace}.{self.key}]"
        )


def namespaces_are_unique(definition: Definition) -> None:
    """Rule 26."""
    named = [action for action in definition.actions if "namespace" in action.declared]
    counts = Counter(action.declared["namespace"] for action in named)
    repeated = [
        f"StageName=[{action.stage}], ActionName=[{action.name}], Namespace=[{action.declared['namespace']}]"
        for action in named
        if counts[action.declared["namespace"]] > 1
    ]
    if repeated:
        raise InvalidActionDeclaration(
            "Namespaces must be unique across the pipeline definition. "
            "The following occur more than once in the pipeline.\n" + "\n".join(repeated)
        )


def reserved_namespaces_are_left_alone(definition: Definition) -> None:
    """Rule 27. `variables` is reserved only while the pipeline declares variables."""
    reserved = {EXECUTION_NAMESPACE}
    if definition.declared.get("variables"):
        reserved.add(PIPELINE_NAMESPACE)
    for action in definition.actions:
        if action.declared.get("namespace") in reserved:
            raise InvalidStructure(
                f"The namespace '{action.declared['namespace']}' of action '{action.name}' in stage '{action.stage}' "
                "is reserved. Choose another."
            )


def variables_suit_type(definition: Definition) -> None:
    """Rule 33."""
    if definition.is_v1 and definition.declared.get("variables"):
        raise InvalidStructure("Pipeline variable can only be used with V2 pipelines")


def variable_names_are_unique(definition: Definition) -> None:
    """Rule 32."""
    seen: set[str] = set()
    for variable in definition.declared.get("variables") or []:
        name = variable["name"]
        if name in seen:
            raise InvalidStructure(
                f"Variable names must be unique. The following variable name is already in use: {name}"
            )
        seen.add(name)


def referenced_namespaces_exist(definition: Definition) -> None:
    """Rule 28."""
    known = {EXECUTION_NAMESPACE, PIPELINE_NAMESPACE, *producers(definition)}
    unknown = [use for use in uses(definition) if use.namespace not in known]
    if unknown:
        raise InvalidActionDeclaration(
            "Valid format for a pipeline execution variable reference is a namespace and a key separated by a period "
            "(.). The following pipeline execution variables are referencing a namespace that does not exist.\n"
            + "\n".join(map(str, unknown))
        )


def producers_run_before_consumers(definition: Definition) -> None:
    """Rule 29."""
    made = producers(definition)
    for use in uses(definition):
        producer = made.get(use.namespace)
        if producer is not None and producer.position >= use.action.position:
            raise InvalidActionDeclaration(
                f"Action '{use.action.name}' in stage '{use.action.stage}' refers to #{{{use.namespace}.{use.key}}}, "
                f"but action '{producer.name}' in stage '{producer.stage}', which makes it, does not run before it. "
                "Move one of them to another stage or runOrder."
            )


def sources_use_no_pipeline_variables(definition: Definition) -> None:
    """Rule 31."""
    misplaced = [use for use in pipeline_variable_uses(definition) if use.action.is_source]
    if misplaced:
        raise InvalidStructure(
            "Variables at the pipeline level cannot be used in source actions.\n" + "\n".join(map(str, misplaced))
        )


def referenced_variables_are_declared(definition: Definition) -> None:
    """Rule 30."""
    declared = {variable["name"] for variable in definition.declared.get("variables") or []}
    undeclared = [use for use in pipeline_variable_uses(definition) if use.key not in declared]
    if undeclared:
        raise InvalidStructure("The referenced variables haven't been declared.\n" + "\n".join(map(str, undeclared)))


def pipeline_variable_uses(definition: Definition) -> list[Use]:
    """Return the references to the pipeline's variables. An action may own the namespace, see rule 27."""
    if PIPELINE_NAMESPACE in producers(definition):
        return []
    return [use for use in uses(definition) if use.namespace == PIPELINE_NAMESPACE]


def producers(definition: Definition) -> dict[str, Action]:
    """Return each declared namespace with the action that fills it."""
    return {action.declared["namespace"]: action for action in definition.actions if "namespace" in action.declared}


def uses(definition: Definition) -> Iterator[Use]:
    """Yield every reference in the definition, in order."""
    for action in definition.actions:
        for member, text in texts(action):
            for reference in references(text):
                yield Use(action, member, reference.namespace, reference.key)


def texts(action: Action) -> Iterator[tuple[str, str]]:
    """Yield the texts of an action in which references are resolved, each with the key or member it stands in."""
    yield from action.configuration.items()
    for command in action.declared.get("commands", []):
        yield "commands", command
    for variable in action.declared.get("environmentVariables", []):
        yield "environmentVariables", variable["value"]
