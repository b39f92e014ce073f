"""Checking a definition: every rule of reference section 3, in the order in which they are tried."""

from collections.abc import Callable, Container
from typing import Any

from . import actions, artifacts, conditions, configuration, namespaces, pipeline, secrets, stages, triggers
from .definition import FEATURES, Catalogue, Declared, Definition, placed_actions
from .normalise import normalise

RULES: tuple[Callable[[Definition], None], ...] = (
    pipeline.role_is_of_this_account,  # 20
    pipeline.has_one_kind_of_artifact_store,  # 16
    pipeline.mode_suits_type,  # 36
    stages.has_enough_stages,  # 1
    stages.has_not_too_many_stages,  # 2
    stages.has_not_too_many_actions,
    stages.stage_names_are_unique,  # 7
    stages.stages_have_no_blockers,  # 47
    stages.first_stage_holds_only_sources,  # 3, 23
    stages.sources_stand_in_first_stage,  # 4
    stages.stages_have_actions,  # 6, and so 5
    actions.action_names_are_unique_in_stage,  # 8
    actions.action_types_exist,  # 9
    actions.providers_suit_type,  # 37
    actions.regions_are_only_on_aws_actions,  # 18
    actions.roles_are_only_on_aws_actions,  # 19
    pipeline.action_roles_are_of_this_account,  # 21
    actions.timeouts_are_only_on_approvals,  # 22
    actions.commands_are_given,  # 25
    actions.members_suit_type,
    configuration.required_keys_are_present,  # 10
    configuration.keys_are_known,  # 11
    secrets.masks_stand_for_kept_secrets,
    configuration.queryable_values_are_short,  # 43
    configuration.values_suit_properties,
    configuration.notification_arns_are_topics,  # 24
    configuration.configurations_are_not_too_large,  # 46
    artifacts.artifact_counts_are_within_bounds,  # 12
    configuration.primary_source_is_an_input,  # 45
    artifacts.output_names_are_unique,  # 13
    artifacts.inputs_are_named_once,  # 15
    artifacts.inputs_were_made_before,  # 14
    artifacts.every_region_has_a_store,  # 17
    namespaces.namespaces_are_unique,  # 26
    namespaces.variables_suit_type,  # 33
    namespaces.variable_names_are_unique,  # 32
    namespaces.reserved_namespaces_are_left_alone,  # 27
    namespaces.sources_use_no_pipeline_variables,  # 31
    namespaces.referenced_variables_are_declared,  # 30
    namespaces.referenced_namespaces_exist,  # 28
    namespaces.producers_run_before_consumers,  # 29
    conditions.conditions_suit_type,  # 35
    conditions.parallel_pipelines_do_not_roll_back,  # 38
    conditions.failure_results_fit,  # 39
    conditions.results_suit_conditions,  # 39
    conditions.rule_types_exist,  # 48
    conditions.rules_have_what_they_need,  # 48
    triggers.triggers_suit_type,  # 34
    triggers.triggers_are_not_too_large,  # 46
    triggers.triggers_name_connection_sources,  # 40
    triggers.source_actions_have_one_trigger,  # 41
    triggers.filters_go_together,  # 41
    triggers.filters_are_not_repeated,  # 42
    conditions.conditions_are_offered,
    triggers.triggers_are_offered,
)
# Rule 44, that no other pipeline of the account has the name, is the database's.


def check(
    declaration: Declared,
    *,
    catalogue: Catalogue,
    region: str,
    account_number: str,
    previous: Declared | None = None,
    rule_types: Container[str] = (),
    features: frozenset[str] = FEATURES,
) -> dict[str, Any]:
    """Return a copy of the declaration with its defaults filled in and its kept secrets in place.

    Shapes: `declaration` is PipelineDeclaration of the wire API, whose shape was checked before; `previous` is the
    current one of a pipeline that is updated, secrets in clear; `rule_types` holds the providers of rules that exist;
    `features` names those of FEATURES that are available.
    Raises: InvalidStructure, InvalidStageDeclaration, InvalidActionDeclaration, InvalidBlockerDeclaration,
    DefinitionLimitExceeded, DefinitionInvalid: that of the first rule that is broken.
    """
    definition = definition_of(
        declaration,
        catalogue=catalogue,
        region=region,
        account_number=account_number,
        previous=previous,
        rule_types=rule_types,
        features=features,
    )
    for rule in RULES:
        rule(definition)
    return secrets.keep_secrets(definition)


def definition_of(
    declaration: Declared,
    *,
    catalogue: Catalogue,
    region: str,
    account_number: str,
    previous: Declared | None,
    rule_types: Container[str],
    features: frozenset[str],
) -> Definition:
    """Return what the rules look at; `check` says what is what."""
    normal = normalise(declaration, catalogue, previous)
    return Definition(
        declared=normal,
        actions=placed_actions(normal, catalogue),
        region=region,
        account_number=account_number,
        rule_types=rule_types,
        features=features,
        previous=normalise(previous, catalogue, None) if previous is not None else None,
    )
