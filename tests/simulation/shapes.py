"""Random definitions: up to six stages of one to five actions, of every kind that behaves its own way."""

from random import Random
from typing import Any

from apps.tenancy.models import Account

OUTSIDE = {"category": "Build", "owner": "Custom", "provider": "Hand", "version": "1"}
OUTSIDE_SOURCE = {**OUTSIDE, "category": "Source"}
INSIDE = {"category": "Build", "owner": "ThirdParty", "provider": "Noop", "version": "1"}
PERSON = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
KINDS = (OUTSIDE, OUTSIDE, INSIDE, PERSON)
MODES = ("SUPERSEDED", "SUPERSEDED", "QUEUED", "PARALLEL")
RULE = {"category": "Rule", "owner": "AWS", "provider": "Noop", "version": "1"}
SKIPPING_RULE = {**RULE, "provider": "VariableCheck"}
VARIABLE = {"Variable": "#{codepipeline.PipelineExecutionId}", "Value": "x", "Operator": "EQ"}


def declaration_of(account: Account, name: str, rng: Random, *, mode: str | None = None) -> dict[str, Any]:
    """Return a definition that is accepted. Every artifact that is made is also used somewhere later."""
    mode = mode or rng.choice(MODES)
    stages = [_source(rng)]
    made = ["Code"]
    for number in range(1, rng.choice([1, 2, 2, 3, 5]) + 1):
        stages.append(_stage(rng, f"S{number}", made, mode))
    return {
        "name": name,
        "roleArn": f"arn:aws:iam::{account.number}:role/pipelines",
        "artifactStore": {"type": "S3", "location": account.artifact_bucket},
        "pipelineType": "V2",
        "executionMode": mode,
        "stages": stages,
    }


def _source(rng: Random) -> dict[str, Any]:
    actions = [{"name": "Fetch", "actionTypeId": OUTSIDE_SOURCE, "outputArtifacts": [{"name": "Code"}]}]
    if rng.random() < 0.2:
        actions.append({"name": "Also", "actionTypeId": OUTSIDE_SOURCE})
    return {"name": "Source", "actions": actions, **({"onFailure": _retry(rng)} if rng.random() < 0.15 else {})}


def _stage(rng: Random, name: str, made: list[str], mode: str) -> dict[str, Any]:
    usable = tuple(made)
    # More at once than an execution of PARALLEL mode may run.
    most = rng.choice([1, 1, 2, 3, 5, 7 if mode == "PARALLEL" else 2])
    actions = [_action(rng, f"A{number}", name, usable, made) for number in range(1, most + 1)]
    if most > 5:
        actions = [{**action, "runOrder": 1} for action in actions]
    return {"name": name, "actions": actions, **_conditions(rng, mode)}


def _action(rng: Random, name: str, stage: str, usable: tuple[str, ...], made: list[str]) -> dict[str, Any]:
    kind = rng.choice(KINDS)
    action: dict[str, Any] = {"name": name, "runOrder": rng.choice([1, 1, 2, 3]), "actionTypeId": kind}
    if kind is OUTSIDE:
        action["inputArtifacts"] = [{"name": rng.choice(usable)}]
        if rng.random() < 0.4:
            made.append(f"{stage}{name}")
            action["outputArtifacts"] = [{"name": made[-1]}]
    if kind is PERSON and rng.random() < 0.5:
        action["timeoutInMinutes"] = 60
    return action


def _conditions(rng: Random, mode: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rng.random() < 0.3:
        found["beforeEntry"] = {"conditions": [_before_entry(rng)]}
    if rng.random() < 0.25:
        result = rng.choice(("FAIL", "ROLLBACK") if mode != "PARALLEL" else ("FAIL",))
        found["onSuccess"] = {"conditions": [{"result": result, "rules": _rules(rng)}]}
    if rng.random() < 0.4:
        found["onFailure"] = _on_failure(rng, mode)
    return found


def _before_entry(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.4:
        return {"result": "SKIP", "rules": [_rule("Check", SKIPPING_RULE, VARIABLE)]}
    return {"result": "FAIL", "rules": _rules(rng)}


def _on_failure(rng: Random, mode: str) -> dict[str, Any]:
    if mode == "PARALLEL" or rng.random() < 0.5:
        return _retry(rng)
    if rng.random() < 0.5:
        return {"result": "ROLLBACK"}
    return {"result": "ROLLBACK", "conditions": [{"result": "ROLLBACK", "rules": _rules(rng)}]}


def _retry(rng: Random) -> dict[str, Any]:
    return {"result": "RETRY", "retryConfiguration": {"retryMode": rng.choice(("FAILED_ACTIONS", "ALL_ACTIONS"))}}


def _rules(rng: Random) -> list[dict[str, Any]]:
    return [_rule(f"R{number}", RULE, {}) for number in range(1, rng.randint(1, 3) + 1)]


def _rule(name: str, type_id: dict[str, str], configuration: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "ruleTypeId": type_id, **({"configuration": configuration} if configuration else {})}
