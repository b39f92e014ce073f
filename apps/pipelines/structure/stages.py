"""Rules about stages: how many, their names, what stands in them."""

from .definition import Definition
from .errors import DefinitionLimitExceeded, InvalidBlockerDeclaration, InvalidStageDeclaration, InvalidStructure

LEAST_STAGES = 2
MOST_STAGES = 50
MOST_ACTIONS_IN_STAGE = 100
MOST_ACTIONS = 1000


def has_enough_stages(definition: Definition) -> None:
    """Rule 1."""
    count = len(definition.stages)
    if count < LEAST_STAGES:
        raise InvalidStructure(
            f"Pipeline has only {count} stage(s). There should be a minimum of {LEAST_STAGES} stages in a pipeline"
        )


def has_not_too_many_stages(definition: Definition) -> None:
    """Rule 2."""
    count = len(definition.stages)
    if count > MOST_STAGES:
        raise DefinitionLimitExceeded(
            f"Pipeline '{definition.declared['name']}' has {count} stages. The most is {MOST_STAGES}."
        )


def has_not_too_many_actions(definition: Definition) -> None:
    """Quotas on actions. Source: reference section 11."""
    for stage in definition.stages:
        if len(stage["actions"]) > MOST_ACTIONS_IN_STAGE:
            raise DefinitionLimitExceeded(
                f"Stage '{stage['name']}' has {len(stage['actions'])} actions. The most is {MOST_ACTIONS_IN_STAGE}."
            )
    if len(definition.actions) > MOST_ACTIONS:
        raise DefinitionLimitExceeded(
            f"Pipeline '{definition.declared['name']}' has {len(definition.actions)} actions. "
            f"The most is {MOST_ACTIONS}."
        )


def stage_names_are_unique(definition: Definition) -> None:
    """Rule 7."""
    seen: set[str] = set()
    for stage in definition.stages:
        if stage["name"] in seen:
            raise InvalidStageDeclaration(f"Stage name '{stage['name']}' is used more than once")
        seen.add(stage["name"])


def stages_have_no_blockers(definition: Definition) -> None:
    """Rule 47."""
    for stage in definition.stages:
        if stage.get("blockers"):
            raise InvalidBlockerDeclaration(
                f"Stage '{stage['name']}' declares blockers, which are reserved. Leave them out; "
                "to hold a stage back, disable its inbound transition."
            )


def first_stage_holds_only_sources(definition: Definition) -> None:
    """Rules 3 and 23."""
    first = [action for action in definition.actions if action.stage_index == 0]
    if not first or not all(action.is_source for action in first):
        raise InvalidStructure("Pipeline should start with a stage that only contains source actions")


def sources_stand_in_first_stage(definition: Definition) -> None:
    """Rule 4."""
    if any(action.is_source for action in definition.actions if action.stage_index > 0):
        raise InvalidStructure("Source actions can only be included in the first stage of the pipeline")


def stages_have_actions(definition: Definition) -> None:
    """Rule 6. With rules 1, 3 and 4 it gives rule 5: some stage has an action that is no source."""
    for stage in definition.stages:
        if not stage["actions"]:
            raise InvalidStageDeclaration(f"Stage '{stage['name']}' has no actions. Add at least one, or remove it.")
