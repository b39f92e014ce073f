"""Rules about what guards a stage: conditions, automatic rollback, automatic retry."""

from collections.abc import Iterator, Mapping
from typing import Any

from .definition import Declared, Definition
from .errors import InvalidStageDeclaration

CONDITION_MEMBERS = ("beforeEntry", "onSuccess", "onFailure")
RESULTS: Mapping[str, tuple[str, ...]] = {
    "beforeEntry": ("FAIL", "SKIP"),
    "onSuccess": ("FAIL", "ROLLBACK"),
    "onFailure": ("ROLLBACK",),
}
AUTOMATIC = {"ROLLBACK": "auto_rollback", "RETRY": "auto_retry"}  # onFailure results, and the feature each is
SKIP_RULES = ("LambdaInvoke", "VariableCheck")
# Source: reference section 13.
REQUIRED_KEYS: Mapping[str, tuple[str, ...]] = {
    "CloudWatchAlarm": ("AlarmName",),
    "DeploymentWindow": ("Cron",),
    "LambdaInvoke": ("FunctionName",),
    "VariableCheck": ("Variable", "Value", "Operator"),
    "CodeBuild": ("ProjectName",),
}


def conditions_suit_type(definition: Definition) -> None:
    """Rule 35."""
    if definition.is_v1 and any(member in stage for stage in definition.stages for member in CONDITION_MEMBERS):
        raise InvalidStageDeclaration("Stage level conditions can only be used with V2 pipelines.")


def parallel_pipelines_do_not_roll_back(definition: Definition) -> None:
    """Rule 38."""
    if definition.mode != "PARALLEL":
        return
    rolls_back = any(condition.get("result") == "ROLLBACK" for _, _, condition in conditions(definition))
    if rolls_back or any(failure(stage).get("result") == "ROLLBACK" for stage in definition.stages):
        raise InvalidStageDeclaration(
            "Failure conditions with rollback result type cannot be added to a PARALLEL pipeline."
        )


def results_suit_conditions(definition: Definition) -> None:
    """Rule 39, for conditions with rules."""
    for stage, member, condition in conditions(definition):
        result = condition.get("result")
        if result is not None and result not in RESULTS[member]:
            raise InvalidStageDeclaration(
                f"The {member} condition of stage '{stage['name']}' has the result {result}. "
                f"Use {' or '.join(RESULTS[member])}."
            )
        if not condition.get("rules"):
            raise InvalidStageDeclaration(
                f"The {member} condition of stage '{stage['name']}' has no rules. Add one to five."
            )
        unfit = [rule for rule in condition["rules"] if rule["ruleTypeId"]["provider"] not in SKIP_RULES]
        if result == "SKIP" and unfit:
            raise InvalidStageDeclaration(
                f"The {member} condition of stage '{stage['name']}' has the result SKIP, which goes with the rules "
                f"{' and '.join(SKIP_RULES)} only. Remove the rule '{unfit[0]['name']}', or use FAIL."
            )


def failure_results_fit(definition: Definition) -> None:
    """Rule 39, for what follows a failure without rules."""
    for stage in definition.stages:
        on_failure, name = failure(stage), stage["name"]
        result = on_failure.get("result")
        if result is not None and result not in AUTOMATIC:
            raise InvalidStageDeclaration(
                f"Stage '{name}' has the onFailure result {result}. Use {' or '.join(AUTOMATIC)}."
            )
        if result == "RETRY" and not on_failure.get("retryConfiguration", {}).get("retryMode"):
            raise InvalidStageDeclaration(
                f"Stage '{name}' has the onFailure result RETRY without a retry mode. "
                "Set retryConfiguration.retryMode to FAILED_ACTIONS or ALL_ACTIONS."
            )
        if result == "RETRY" and on_failure.get("conditions"):
            raise InvalidStageDeclaration(
                f"Stage '{name}' has both automatic retry and onFailure conditions. Keep one of them."
            )


def rule_types_exist(definition: Definition) -> None:
    """Rule 48."""
    for stage, _, rule in rules(definition):
        named = {"owner": "AWS", "version": "1", **rule["ruleTypeId"]}
        exists = (named["category"], named["owner"], named["version"]) == ("Rule", "AWS", "1")
        if not exists or named["provider"] not in definition.rule_types:
            region = str(rule.get("region", definition.region)).upper().replace("-", "_")
            raise InvalidStageDeclaration(
                f"RuleType (Category: '{named['category']}', Provider: '{named['provider']}', "
                f"Owner: '{named['owner']}', Version: '{named['version']}') in rule '{rule['name']}' of stage "
                f"'{stage['name']}' is not available in region '{region}'"
            )


def rules_have_what_they_need(definition: Definition) -> None:
    """Rule 48, required configuration."""
    for stage, member, rule in rules(definition):
        provider, configuration = rule["ruleTypeId"]["provider"], rule.get("configuration", {})
        missing = [key for key in REQUIRED_KEYS.get(provider, ()) if key not in configuration]
        if missing:
            raise InvalidStageDeclaration(
                f"Rule '{rule['name']}' in the {member} condition of stage '{stage['name']}' is missing required "
                f"configuration '{missing[0]}'"
            )
        if provider == "Commands" and not rule.get("commands"):
            raise InvalidStageDeclaration(
                f"Rule '{rule['name']}' in the {member} condition of stage '{stage['name']}' must have a non-empty "
                "commands field"
            )


def conditions_are_offered(definition: Definition) -> None:
    """What this installation cannot do is refused, not passed over."""
    for stage, member, _ in conditions(definition):
        if "conditions" not in definition.features:
            raise InvalidStageDeclaration(
                f"Stage '{stage['name']}' has a {member} condition, but stage conditions are not available here. "
                "Remove it."
            )
    for stage in definition.stages:
        result = failure(stage).get("result")
        if result in AUTOMATIC and AUTOMATIC[result] not in definition.features:
            raise InvalidStageDeclaration(
                f"Stage '{stage['name']}' has the onFailure result {result}, which is not available here. Remove it."
            )


def failure(stage: Declared) -> Mapping[str, Any]:
    on_failure: Mapping[str, Any] = stage.get("onFailure", {})
    return on_failure


def conditions(definition: Definition) -> Iterator[tuple[Declared, str, Declared]]:
    """Yield each condition with its stage and its kind."""
    for stage in definition.stages:
        for member in CONDITION_MEMBERS:
            for condition in stage.get(member, {}).get("conditions", []):
                yield stage, member, condition


def rules(definition: Definition) -> Iterator[tuple[Declared, str, Declared]]:
    """Yield each rule with its stage and the kind of its condition."""
    for stage, member, condition in conditions(definition):
        for rule in condition.get("rules", []):
            yield stage, member, rule
