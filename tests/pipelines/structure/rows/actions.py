"""Rows for the rules about an action: its type, its members, its configuration."""

from apps.pipelines.structure import DefinitionInvalid, InvalidActionDeclaration, InvalidStructure
from tests.pipelines.structure.declarations import (
    REGION,
    ROLE,
    action,
    after_source,
    approve,
    build,
    fetch,
    pipeline,
    run,
    ship,
    stage,
)
from tests.pipelines.structure.rows.row import Row

STRANGER = "arn:aws:iam::999999999999:role/other"
STORE = {"type": "S3", "location": "artifacts"}
ROWS = [
    Row(
        "8",
        "action_names_are_unique_in_stage",
        after_source(approve("Ask"), build("Ask")),
        InvalidActionDeclaration,
        "Stage 'Release' has two actions named 'Ask'. Names must be unique within a stage; rename one.",
    ),
    Row(
        "9",
        "action_types_exist",
        after_source(action("A", "Build/Custom/X/1")),
        InvalidActionDeclaration,
        "ActionType (Category: 'Build', Provider: 'X', Owner: 'Custom', Version: '1') in action 'A' is not available "
        "in region 'US_EAST_1'",
    ),
    Row(
        "10",
        "required_keys_are_present",
        after_source(build(configuration={})),
        InvalidActionDeclaration,
        "Action configuration for action 'Build' is missing required configuration 'ProjectName'",
    ),
    Row(
        "11",
        "keys_are_known",
        after_source(build(configuration={"ProjectName": "app", "Colour": "blue"})),
        InvalidActionDeclaration,
        "Action configuration for action 'Build' contains unknown configuration 'Colour'",
    ),
    Row(
        "18",
        "regions_are_only_on_aws_actions",
        after_source(
            build(region="eu-west-1"),
            artifactStore=None,
            artifactStores={REGION: STORE, "eu-west-1": STORE},
        ),
        InvalidActionDeclaration,
        "Action 'Build' names the region eu-west-1, but source actions and actions of the owners ThirdParty and Custom "
        "run in the pipeline's region, us-east-1. Remove its region.",
    ),
    Row(
        "19",
        "roles_are_only_on_aws_actions",
        after_source(build(roleArn=ROLE)),
        InvalidActionDeclaration,
        "Action 'Build' has a roleArn, which only actions of the owner AWS may have. Remove it.",
    ),
    Row(
        "21",
        "action_roles_are_of_this_account",
        after_source(approve(roleArn=STRANGER)),
        InvalidStructure,
        f"{ROLE} is not authorized to perform AssumeRole on role {STRANGER}",
    ),
    Row(
        "22",
        "timeouts_are_only_on_approvals",
        after_source(ship(timeoutInMinutes=5)),
        InvalidActionDeclaration,
        "Action 'Ship' has timeoutInMinutes, which only manual approvals may have. Remove it.",
    ),
    Row(
        "24 format",
        "notification_arns_are_topics",
        after_source(approve(configuration={"NotificationArn": "topic"})),
        InvalidActionDeclaration,
        "The ARN topic you specified for sending notifications for the approval action Approve contains a format "
        "error.",
    ),
    Row(
        "24 service",
        "notification_arns_are_topics",
        after_source(approve(configuration={"NotificationArn": "arn:aws:sqs:us-east-1:111122223333:q"})),
        InvalidActionDeclaration,
        "The ARN arn:aws:sqs:us-east-1:111122223333:q has been specified for sending notifications for the approval "
        "action Approve, but the AWS service for this ARN cannot be used to send approval requests.",
    ),
    Row(
        "24 region",
        "notification_arns_are_topics",
        after_source(approve(configuration={"NotificationArn": "arn:aws:sns:eu-west-1:111122223333:t"})),
        InvalidActionDeclaration,
        "The ARN arn:aws:sns:eu-west-1:111122223333:t has been specified for sending notifications for the approval "
        "action Approve, but the ARN is not in the same region as the pipeline.",
    ),
    Row(
        "25",
        "commands_are_given",
        after_source(run(commands=[])),
        InvalidActionDeclaration,
        "Action Test must have a non-empty commands field",
    ),
    Row(
        "37",
        "providers_suit_type",
        after_source(run(), pipelineType="V1"),
        InvalidActionDeclaration,
        "Provider 'Commands' of action 'Test' can only be used with V2 pipelines. Set pipelineType to V2.",
    ),
    Row(
        "43",
        "queryable_values_are_short",
        after_source(build(configuration={"ProjectName": "my project"})),
        InvalidActionDeclaration,
        "Action configuration for action 'Build' has the value 'my project' for 'ProjectName', by which job workers "
        "ask for their jobs. Use 1 to 20 letters, digits, hyphens and underscores.",
    ),
    Row(
        "45",
        "primary_source_is_an_input",
        pipeline(
            stage("Source", fetch(), fetch("More", "more")),
            stage(
                "Build",
                action("B", "Build/AWS/CodeBuild/1", inputs=["code", "more"], configuration={"ProjectName": "app"}),
            ),
        ),
        InvalidActionDeclaration,
        "Action 'B' has 2 input artifacts, so its configuration needs PrimarySource with the name of one: code, more.",
    ),
    Row(
        "46 configuration",
        "configurations_are_not_too_large",
        after_source(action("A", "Invoke/Custom/Anything/1", configuration={key: "x" * 50_000 for key in "abc"})),
        DefinitionInvalid,
        "The configuration of action 'A' has 150003 bytes. The most is 102400.",
    ),
    Row(
        "member",
        "members_suit_type",
        after_source(build(commands=["make"])),
        InvalidActionDeclaration,
        "Action 'Build' has the member 'commands', which actions of type Build/Custom/Jenkins/1 do not use. Remove it.",
    ),
    Row(
        "secret",
        "masks_stand_for_kept_secrets",
        after_source(build(configuration={"ProjectName": "app", "Token": "****"})),
        InvalidActionDeclaration,
        'Action configuration for the new action "Build" contains an invalid configuration for the secret property '
        '"Token". "****" may be used in secret properties only when updating an existing action.',
    ),
]
