"""Rows for the rules about the pipeline and its stages."""

from apps.pipelines.structure import (
    DefinitionLimitExceeded,
    InvalidBlockerDeclaration,
    InvalidStageDeclaration,
    InvalidStructure,
)
from tests.pipelines.structure.declarations import REGION, after_source, approve, build, fetch, pipeline, stage
from tests.pipelines.structure.rows.row import Row

STRANGER = "arn:aws:iam::999999999999:role/other"
STORE = {"type": "S3", "location": "artifacts"}
ROWS = [
    Row(
        "1",
        "has_enough_stages",
        pipeline(stage("Source", fetch())),
        InvalidStructure,
        "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline",
    ),
    Row(
        "2",
        "has_not_too_many_stages",
        pipeline(stage("Source", fetch()), *(stage(f"S{number}", approve()) for number in range(50))),
        DefinitionLimitExceeded,
        "Pipeline 'release' has 51 stages. The most is 50.",
    ),
    Row(
        "3",
        "first_stage_holds_only_sources",
        pipeline(stage("Source", fetch(), build()), stage("Release", approve())),
        InvalidStructure,
        "Pipeline should start with a stage that only contains source actions",
    ),
    Row(
        "4",
        "sources_stand_in_first_stage",
        after_source(approve(), fetch("Late", "late")),
        InvalidStructure,
        "Source actions can only be included in the first stage of the pipeline",
    ),
    Row(
        "5",
        "sources_stand_in_first_stage",
        pipeline(stage("Source", fetch()), stage("Release", fetch("Late", "late"))),
        InvalidStructure,
        "Source actions can only be included in the first stage of the pipeline",
    ),
    Row(
        "6",
        "stages_have_actions",
        after_source(),
        InvalidStageDeclaration,
        "Stage 'Release' has no actions. Add at least one, or remove it.",
    ),
    Row(
        "7",
        "stage_names_are_unique",
        pipeline(stage("Source", fetch()), stage("Release", approve()), stage("Release", approve("Second"))),
        InvalidStageDeclaration,
        "Stage name 'Release' is used more than once",
    ),
    Row(
        "16 both",
        "has_one_kind_of_artifact_store",
        pipeline(artifactStores={REGION: STORE}),
        InvalidStructure,
        "Pipeline 'release' has both artifactStore and artifactStores. "
        "Keep artifactStores when actions run in several regions, otherwise artifactStore.",
    ),
    Row(
        "16 neither",
        "has_one_kind_of_artifact_store",
        pipeline(artifactStore=None),
        InvalidStructure,
        "Pipeline 'release' has no artifact store. Add artifactStore or artifactStores.",
    ),
    Row(
        "20",
        "role_is_of_this_account",
        pipeline(roleArn=STRANGER),
        InvalidStructure,
        f"CodePipeline is not authorized to perform AssumeRole on role {STRANGER}",
    ),
    Row(
        "23",
        "first_stage_holds_only_sources",
        pipeline(stage("Source", fetch(), approve("Early")), stage("Release", approve())),
        InvalidStructure,
        "Pipeline should start with a stage that only contains source actions",
    ),
    Row(
        "36",
        "mode_suits_type",
        pipeline(pipelineType="V1", executionMode="PARALLEL"),
        InvalidStructure,
        "Execution mode PARALLEL can only be used with V2 pipelines. "
        "Set pipelineType to V2, or executionMode to SUPERSEDED.",
    ),
    Row(
        "47",
        "stages_have_no_blockers",
        pipeline(
            stage("Source", fetch()), stage("Release", approve(), blockers=[{"name": "weekend", "type": "Schedule"}])
        ),
        InvalidBlockerDeclaration,
        "Stage 'Release' declares blockers, which are reserved. Leave them out; "
        "to hold a stage back, disable its inbound transition.",
    ),
    Row(
        "quota",
        "has_not_too_many_actions",
        after_source(*(approve(f"A{number}") for number in range(101))),
        DefinitionLimitExceeded,
        "Stage 'Release' has 101 actions. The most is 100.",
    ),
]
