"""Rules about artifacts: how many an action takes and makes, who makes what others take, where they lie."""

from .definition import Action, Definition
from .errors import InvalidActionDeclaration, InvalidStructure


def artifact_counts_are_within_bounds(definition: Definition) -> None:
    """Rule 12."""
    for action, spec in definition.typed_actions():
        check_count(action, "input", len(action.declared["inputArtifacts"]), spec.input_artifacts)
        check_count(action, "output", len(action.declared["outputArtifacts"]), spec.output_artifacts)


def check_count(action: Action, kind: str, count: int, bounds: tuple[int, int]) -> None:
    least, most = bounds
    declares = f"Action {action.name} declares {count} {kind} artifacts which is"
    if count < least:
        raise InvalidActionDeclaration(f"{declares} less than the minimum count ({least})")
    if count > most:
        raise InvalidActionDeclaration(f"{declares} more than the maximum count ({most})")


def output_names_are_unique(definition: Definition) -> None:
    """Rule 13."""
    seen: set[str] = set()
    for action in definition.actions:
        for name in outputs(action):
            if name in seen:
                raise InvalidStructure(
                    "Output Artifact Bundle name must be unique within the pipeline. "
                    f"{name} has been used more than once"
                )
            seen.add(name)


def inputs_are_named_once(definition: Definition) -> None:
    """Rule 15. Several actions may take the same artifact; one action takes it once."""
    for action in definition.actions:
        names = inputs(action)
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise InvalidActionDeclaration(
                f"Action '{action.name}' names the input artifact '{repeated}' twice. Name it once."
            )


def inputs_were_made_before(definition: Definition) -> None:
    """Rule 14: by an earlier stage, or by the same stage under a smaller runOrder."""
    made = {name: action.position for action in definition.actions for name in outputs(action)}
    for action in definition.actions:
        for name in inputs(action):
            if name not in made or made[name] >= action.position:
                raise InvalidStructure(
                    f"Input Artifact Bundle {name} in action {action.name} is not declared as "
                    "Output Artifact Bundle in any of the preceding actions"
                )


def every_region_has_a_store(definition: Definition) -> None:
    """Rule 17."""
    stores = definition.declared.get("artifactStores") or {definition.region: definition.declared.get("artifactStore")}
    regions = [action.declared.get("region", definition.region) for action in definition.actions]
    missing = next((region for region in [definition.region, *regions] if region not in stores), None)
    if missing is not None:
        raise InvalidStructure(
            "Your pipeline must have an artifact store, such as an artifact bucket, for each region where you have an "
            f"action. The following region is missing in 'pipeline.artifactStores': {missing}."
        )


def inputs(action: Action) -> list[str]:
    return [artifact["name"] for artifact in action.declared["inputArtifacts"]]


def outputs(action: Action) -> list[str]:
    return [artifact["name"] for artifact in action.declared["outputArtifacts"]]
