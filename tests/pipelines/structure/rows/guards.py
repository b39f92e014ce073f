"""Rows for the rules about conditions and triggers."""

from apps.pipelines.structure import DefinitionInvalid, InvalidStageDeclaration, InvalidStructure
from tests.pipelines.structure.declarations import (
    approve,
    condition,
    connect,
    guarded,
    pipeline,
    rule,
    stage,
    trigger,
    triggered,
)
from tests.pipelines.structure.rows.row import Row

CHECK = {"Variable": "#{variables.A}", "Value": "1", "Operator": "EQ"}
LONG = [f"{number:03}".ljust(255, "x") for number in range(16)]
LONG_FILTERS = [
    {"branches": {"includes": LONG[:8], "excludes": LONG[8:]}, "filePaths": {"includes": [*LONG[:7], f"{number}"]}}
    for number in range(3)
]
ROWS = [
    Row(
        "34",
        "triggers_suit_type",
        triggered(trigger(), pipelineType="V1"),
        InvalidStructure,
        "Triggers on tag can only be used with V2 pipelines",
    ),
    Row(
        "35",
        "conditions_suit_type",
        guarded(onFailure={"result": "ROLLBACK"}) | {"pipelineType": "V1"},
        InvalidStageDeclaration,
        "Stage level conditions can only be used with V2 pipelines.",
    ),
    Row(
        "38",
        "parallel_pipelines_do_not_roll_back",
        guarded(mode="PARALLEL", onFailure={"result": "ROLLBACK"}),
        InvalidStageDeclaration,
        "Failure conditions with rollback result type cannot be added to a PARALLEL pipeline.",
    ),
    Row(
        "38 after success",
        "parallel_pipelines_do_not_roll_back",
        guarded(mode="PARALLEL", onSuccess=condition("ROLLBACK", rule("VariableCheck", configuration=CHECK))),
        InvalidStageDeclaration,
        "Failure conditions with rollback result type cannot be added to a PARALLEL pipeline.",
    ),
    Row(
        "39 before entry",
        "results_suit_conditions",
        guarded(beforeEntry=condition("ROLLBACK", rule("VariableCheck", configuration=CHECK))),
        InvalidStageDeclaration,
        "The beforeEntry condition of stage 'Release' has the result ROLLBACK. Use FAIL or SKIP.",
    ),
    Row(
        "39 skip",
        "results_suit_conditions",
        guarded(beforeEntry=condition("SKIP", rule("DeploymentWindow", configuration={"Cron": "0 0 9 ? * *"}))),
        InvalidStageDeclaration,
        "The beforeEntry condition of stage 'Release' has the result SKIP, which goes with the rules LambdaInvoke and "
        "VariableCheck only. Remove the rule 'CheckDeploymentWindow', or use FAIL.",
    ),
    Row(
        "39 after success",
        "results_suit_conditions",
        guarded(onSuccess=condition("RETRY", rule("VariableCheck", configuration=CHECK))),
        InvalidStageDeclaration,
        "The onSuccess condition of stage 'Release' has the result RETRY. Use FAIL or ROLLBACK.",
    ),
    Row(
        "39 no rules",
        "results_suit_conditions",
        guarded(onSuccess=condition("FAIL")),
        InvalidStageDeclaration,
        "The onSuccess condition of stage 'Release' has no rules. Add one to five.",
    ),
    Row(
        "39 failure",
        "failure_results_fit",
        guarded(onFailure={"result": "SKIP"}),
        InvalidStageDeclaration,
        "Stage 'Release' has the onFailure result SKIP. Use ROLLBACK or RETRY.",
    ),
    Row(
        "39 retry mode",
        "failure_results_fit",
        guarded(onFailure={"result": "RETRY"}),
        InvalidStageDeclaration,
        "Stage 'Release' has the onFailure result RETRY without a retry mode. "
        "Set retryConfiguration.retryMode to FAILED_ACTIONS or ALL_ACTIONS.",
    ),
    Row(
        "39 retry and conditions",
        "failure_results_fit",
        guarded(
            onFailure={
                "result": "RETRY",
                "retryConfiguration": {"retryMode": "ALL_ACTIONS"},
                **condition("ROLLBACK", rule("VariableCheck", configuration=CHECK)),
            }
        ),
        InvalidStageDeclaration,
        "Stage 'Release' has both automatic retry and onFailure conditions. Keep one of them.",
    ),
    Row(
        "40",
        "triggers_name_connection_sources",
        pipeline(triggers=[trigger("Fetch")]),
        InvalidStructure,
        "Triggers for connections must reference a CodeStarSourceConnection action.",
    ),
    Row(
        "41 two triggers",
        "source_actions_have_one_trigger",
        triggered(trigger(push=[{"tags": {"includes": ["v*"]}}]), trigger()),
        InvalidStructure,
        "The source action 'Connect' has two triggers. Put their filters into one trigger.",
    ),
    Row(
        "41 tags and branches",
        "filters_go_together",
        triggered(trigger(push=[{"tags": {"includes": ["v*"]}, "branches": {"includes": ["main"]}}])),
        InvalidStructure,
        "A push filter of the trigger for source action 'Connect' has tags beside branches or filePaths. "
        "Put the tags into a filter of their own.",
    ),
    Row(
        "41 paths alone",
        "filters_go_together",
        triggered(trigger(pullRequest=[{"filePaths": {"includes": ["src/**"]}}])),
        InvalidStructure,
        "A pullRequest filter of the trigger for source action 'Connect' has filePaths without branches. "
        "Add the branches it is meant for.",
    ),
    Row(
        "42",
        "filters_are_not_repeated",
        triggered(
            trigger(
                push=[{"branches": {"includes": ["main", "next"]}}, {"branches": {"includes": ["next", "main"]}}],
            )
        ),
        InvalidStructure,
        "The trigger for source action 'Connect' has the same push filter twice. Remove one.",
    ),
    Row(
        "46 triggers",
        "triggers_are_not_too_large",
        pipeline(
            stage("Source", *(connect(f"C{number}", f"c{number}") for number in range(12))),
            stage("Release", approve()),
            triggers=[trigger(f"C{number}", push=LONG_FILTERS) for number in range(12)],
        ),
        DefinitionInvalid,
        "The triggers have 217395 bytes as JSON. The most is 204800.",
    ),
    Row(
        "48 type",
        "rule_types_exist",
        guarded(beforeEntry=condition("FAIL", rule("Moon"))),
        InvalidStageDeclaration,
        "RuleType (Category: 'Rule', Provider: 'Moon', Owner: 'AWS', Version: '1') in rule 'CheckMoon' of stage "
        "'Release' is not available in region 'US_EAST_1'",
    ),
    Row(
        "48 key",
        "rules_have_what_they_need",
        guarded(beforeEntry=condition("FAIL", rule("DeploymentWindow", configuration={"TimeZone": "UTC"}))),
        InvalidStageDeclaration,
        "Rule 'CheckDeploymentWindow' in the beforeEntry condition of stage 'Release' is missing required "
        "configuration 'Cron'",
    ),
    Row(
        "48 commands",
        "rules_have_what_they_need",
        guarded(beforeEntry=condition("FAIL", rule("Commands"))),
        InvalidStageDeclaration,
        "Rule 'CheckCommands' in the beforeEntry condition of stage 'Release' must have a non-empty commands field",
    ),
]
