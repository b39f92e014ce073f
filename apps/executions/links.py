"""Links that an action type's templates make. Pure. Source: reference section 7.1."""

import re

from apps.actions.types import ActionTypeSpec
from apps.executions.models import ActionExecution, RuleExecution
from apps.jobs.outcome import Outcome

PLACEHOLDER = re.compile(r"\{(Config:([^}]+)|ExternalExecutionId|RevisionId)\}")


def fill(template: str, configuration: dict[str, str], *, external_id: str = "", revision_id: str = "") -> str:
    """Return the link, empty when the template is, or when something that it names is not known yet."""
    values = {"ExternalExecutionId": external_id, "RevisionId": revision_id}
    values |= {f"Config:{key}": value for key, value in configuration.items()}
    names = [match.group(1) for match in PLACEHOLDER.finditer(template)]
    if not all(values.get(name) for name in names):
        return ""
    return PLACEHOLDER.sub(lambda match: values[match.group(1)], template)


def entity_url(spec: ActionTypeSpec | None, configuration: dict[str, str]) -> str:
    return fill(spec.entity_url, configuration) if spec else ""


def execution_url(spec: ActionTypeSpec | None, action: ActionExecution | RuleExecution) -> str:
    if spec is None or not action.external_id:
        return ""
    return fill(spec.execution_url, action.resolved_configuration, external_id=action.external_id)


def revision_url(spec: ActionTypeSpec | None, action: ActionExecution, outcome: Outcome) -> str:
    if spec is None or not outcome.revision:
        return ""
    return fill(
        spec.revision_url,
        action.resolved_configuration,
        external_id=action.external_id,
        revision_id=outcome.revision["id"],
    )
