"""Rows for the rules about what actions hand on: artifacts and variables."""

from apps.pipelines.structure import InvalidActionDeclaration, InvalidStructure
from tests.pipelines.structure.declarations import after_source, approve, build, fetch, pipeline, run, ship, stage
from tests.pipelines.structure.rows.row import Row

STORE = {"type": "S3", "location": "artifacts"}
ROWS = [
    Row(
        "12 least",
        "artifact_counts_are_within_bounds",
        after_source(ship(inputs=[])),
        InvalidActionDeclaration,
        "Action Ship declares 0 input artifacts which is less than the minimum count (1)",
    ),
    Row(
        "12 most",
        "artifact_counts_are_within_bounds",
        after_source(ship(outputs=["log"])),
        InvalidActionDeclaration,
        "Action Ship declares 1 output artifacts which is more than the maximum count (0)",
    ),
    Row(
        "13",
        "output_names_are_unique",
        after_source(build(outputs=["code"])),
        InvalidStructure,
        "Output Artifact Bundle name must be unique within the pipeline. code has been used more than once",
    ),
    Row(
        "14 nobody makes it",
        "inputs_were_made_before",
        after_source(ship(inputs=["wheel"])),
        InvalidStructure,
        "Input Artifact Bundle wheel in action Ship is not declared as Output Artifact Bundle in any of the preceding "
        "actions",
    ),
    Row(
        "14 made at the same time",
        "inputs_were_made_before",
        after_source(build(outputs=["wheel"], runOrder=2), ship(inputs=["wheel"], runOrder=2)),
        InvalidStructure,
        "Input Artifact Bundle wheel in action Ship is not declared as Output Artifact Bundle in any of the preceding "
        "actions",
    ),
    Row(
        "15",
        "inputs_are_named_once",
        after_source(build(inputs=["code", "code"])),
        InvalidActionDeclaration,
        "Action 'Build' names the input artifact 'code' twice. Name it once.",
    ),
    Row(
        "17 one store",
        "every_region_has_a_store",
        after_source(approve(region="eu-west-1")),
        InvalidStructure,
        "Your pipeline must have an artifact store, such as an artifact bucket, for each region where you have an "
        "action. The following region is missing in 'pipeline.artifactStores': eu-west-1.",
    ),
    Row(
        "17 own region",
        "every_region_has_a_store",
        after_source(approve(region="eu-west-1"), artifactStore=None, artifactStores={"eu-west-1": STORE}),
        InvalidStructure,
        "Your pipeline must have an artifact store, such as an artifact bucket, for each region where you have an "
        "action. The following region is missing in 'pipeline.artifactStores': us-east-1.",
    ),
    Row(
        "26",
        "namespaces_are_unique",
        pipeline(stage("Source", fetch(namespace="N")), stage("Release", approve(namespace="N"))),
        InvalidActionDeclaration,
        "Namespaces must be unique across the pipeline definition. The following occur more than once in the "
        "pipeline.\n"
        "StageName=[Source], ActionName=[Fetch], Namespace=[N]\n"
        "StageName=[Release], ActionName=[Approve], Namespace=[N]",
    ),
    Row(
        "27 codepipeline",
        "reserved_namespaces_are_left_alone",
        after_source(approve(namespace="codepipeline")),
        InvalidStructure,
        "The namespace 'codepipeline' of action 'Approve' in stage 'Release' is reserved. Choose another.",
    ),
    Row(
        "27 variables",
        "reserved_namespaces_are_left_alone",
        after_source(approve(namespace="variables"), variables=[{"name": "A"}]),
        InvalidStructure,
        "The namespace 'variables' of action 'Approve' in stage 'Release' is reserved. Choose another.",
    ),
    Row(
        "28",
        "referenced_namespaces_exist",
        after_source(run("Test", "echo #{Nobody.Id} #{codepipeline.PipelineExecutionId}")),
        InvalidActionDeclaration,
        "Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.). "
        "The following pipeline execution variables are referencing a namespace that does not exist.\n"
        "StageName=[Release], ActionName=[Test], ActionConfigurationKey=[commands], VariableReferenceText=[Nobody.Id]",
    ),
    Row(
        "29 same runOrder",
        "producers_run_before_consumers",
        after_source(
            build(namespace="Made"), build("Second", configuration={"ProjectName": "app", "Notes": "#{Made.Id}"})
        ),
        InvalidActionDeclaration,
        "Action 'Second' in stage 'Release' refers to #{Made.Id}, but action 'Build' in stage 'Release', which makes "
        "it, does not run before it. Move one of them to another stage or runOrder.",
    ),
    Row(
        "30",
        "referenced_variables_are_declared",
        after_source(approve(configuration={"CustomData": "#{variables.B}"}), variables=[{"name": "A"}]),
        InvalidStructure,
        "The referenced variables haven't been declared.\n"
        "StageName=[Release], ActionName=[Approve], ActionConfigurationKey=[CustomData], "
        "VariableReferenceText=[variables.B]",
    ),
    Row(
        "30 none declared",
        "referenced_variables_are_declared",
        after_source(approve(configuration={"CustomData": "#{variables.B}"})),
        InvalidStructure,
        "The referenced variables haven't been declared.\n"
        "StageName=[Release], ActionName=[Approve], ActionConfigurationKey=[CustomData], "
        "VariableReferenceText=[variables.B]",
    ),
    Row(
        "31",
        "sources_use_no_pipeline_variables",
        pipeline(
            stage("Source", fetch(configuration={"RepositoryUrl": "r", "BranchName": "#{variables.x}"})),
            stage("Release", approve()),
            variables=[{"name": "x"}],
        ),
        InvalidStructure,
        "Variables at the pipeline level cannot be used in source actions.\n"
        "StageName=[Source], ActionName=[Fetch], ActionConfigurationKey=[BranchName], "
        "VariableReferenceText=[variables.x]",
    ),
    Row(
        "32",
        "variable_names_are_unique",
        pipeline(variables=[{"name": "A"}, {"name": "A"}]),
        InvalidStructure,
        "Variable names must be unique. The following variable name is already in use: A",
    ),
    Row(
        "33",
        "variables_suit_type",
        pipeline(pipelineType="V1", variables=[{"name": "A"}]),
        InvalidStructure,
        "Pipeline variable can only be used with V2 pipelines",
    ),
]
