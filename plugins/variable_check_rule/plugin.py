"""Rule: compares a variable with a value."""

from headrace_sdk import ActionTypeId, Failed, Property, Request, RuleProvider, Succeeded, hookimpl

from .matching import TooCostly, matches
from .syntax import PatternRefused

LONGEST_SHOWN = 200
MEANINGS = {
    "EQ": "equals",
    "NE": "is other than",
    "CONTAINS": "contains",
    "MATCHES": "matches",
}


class VariableCheck(RuleProvider):
    """Succeeds when the variable's value stands to the given value as the operator says. Case counts.

    Source: CodePipeline User Guide, VariableCheck rule.
    """

    rule_type = ActionTypeId("Rule", "AWS", "VariableCheck", "1")
    properties = (
        Property("Variable", required=True, help="The variable to check, as #{namespace.name}."),
        Property("Value", required=True, help="What it is compared with; for MATCHES a pattern of java.util.regex."),
        Property(
            "Operator",
            type="choice",
            required=True,
            choices=("EQ", "NE", "CONTAINS", "MATCHES"),
            help="EQ equals, NE differs, CONTAINS has it as a part, MATCHES the pattern matches the whole value.",
        ),
    )
    timeout_seconds = 300
    description = "Compares a variable with a value."

    def start(self, request: Request) -> Succeeded | Failed:
        variable = request.configuration.get("Variable", "")
        value, operator = request.configuration.get("Value", ""), request.configuration.get("Operator", "")
        if operator not in MEANINGS:
            return Failed(f"Operator '{operator}' is none. Use {', '.join(MEANINGS)}.", code="ConfigurationError")
        try:
            holds = compare(variable, operator, value)
        except PatternRefused as refusal:
            return Failed(f"{refusal}. Change Value: '{shown(value)}'.", code="ConfigurationError")
        except TooCostly as refusal:
            return Failed(f"{refusal}. Use a simpler one: '{shown(value)}'.", code="ConfigurationError")
        meaning = MEANINGS[operator]
        if holds:
            return Succeeded(f"'{shown(variable)}' {meaning} '{shown(value)}'.")
        return Failed(f"The check that '{shown(variable)}' {meaning} '{shown(value)}' does not hold.")


def compare(variable: str, operator: str, value: str) -> bool:
    """Raises PatternRefused, TooCostly."""
    match operator:
        case "EQ":
            return variable == value
        case "NE":
            return variable != value
        case "CONTAINS":
            return value in variable
    return matches(value, variable)


def shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [VariableCheck()]
