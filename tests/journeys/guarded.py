"""Workshops whose stages have conditions: a rule that asks the pipeline variable `Go` for "yes"."""

from collections.abc import Mapping
from typing import Any

from tests.journeys.workshop import Details, Workshop
from tests.running import Account

RULE = {
    "name": "Check",
    "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
    "configuration": {"Variable": "#{variables.Go}", "Value": "yes", "Operator": "EQ"},
}


def asking(result: str) -> Details:
    """Return conditions whose `result` follows when the rule fails."""
    return {"conditions": [{"result": result, "rules": [RULE]}]}


class Guarded(Workshop):
    """Shapes: `guards` maps a stage to its members, as {"Build": {"onFailure": …}}; `go` is the default of `Go`."""

    def __init__(
        self,
        api: Any,
        account: Account,
        stages: dict[str, list[tuple[str, int]]],
        guards: Mapping[str, Details],
        *,
        go: str = "yes",
    ) -> None:
        self.guards = guards
        super().__init__(api, account, stages, pipelineType="V2", variables=[{"name": "Go", "defaultValue": go}])

    def definition(self, **members: Any) -> Details:
        declared = super().definition(**members)
        return {**declared, "stages": [{**each, **self.guards.get(each["name"], {})} for each in declared["stages"]]}
