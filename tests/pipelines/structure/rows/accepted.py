"""Beside each refusal the nearest definition that keeps to the rule, by its number in reference section 3."""

from typing import Any

from tests.pipelines.structure.declarations import (
    ACCOUNT,
    REGION,
    ROLE,
    action,
    after_source,
    approve,
    build,
    condition,
    fetch,
    guarded,
    pipeline,
    rule,
    run,
    ship,
    stage,
    trigger,
    triggered,
)

STORE = {"type": "S3", "location": "artifacts"}
CHECK = {"Variable": "#{codepipeline.PipelineExecutionId}", "Value": "1", "Operator": "EQ"}
TWO_INPUTS = action(
    "B",
    "Build/AWS/CodeBuild/1",
    inputs=["code", "more"],
    configuration={"ProjectName": "app", "PrimarySource": "more"},
)
ACCEPTED: dict[str, dict[str, Any]] = {
    "1": pipeline(stage("Source", fetch()), stage("Release", approve())),
    "2": pipeline(stage("Source", fetch()), *(stage(f"S{number}", approve()) for number in range(49))),
    "3": pipeline(stage("Source", fetch(), fetch("More", "more")), stage("Release", approve())),
    "4": after_source(approve()),
    "5": after_source(build()),
    "6": after_source(approve()),
    "7": pipeline(stage("Source", fetch()), stage("Release", approve()), stage("release", approve())),
    "8": pipeline(stage("Source", fetch("Ask")), stage("Release", approve("Ask"), approve("ask"))),
    "9": after_source(build()),
    "10": after_source(build(configuration={"ProjectName": "app"})),
    "11": after_source(build(configuration={"ProjectName": "app", "Notes": "x"})),
    "12": after_source(ship(inputs=["code"], outputs=[])),
    "13": after_source(build(outputs=["Code"])),
    "14": after_source(build(outputs=["wheel"], runOrder=1), ship(inputs=["wheel"], runOrder=2)),
    "15": after_source(build(inputs=["code"]), ship(inputs=["code"])),
    "16": pipeline(artifactStore=None, artifactStores={REGION: STORE}),
    "17": after_source(
        approve(region="eu-west-1"), artifactStore=None, artifactStores={REGION: STORE, "eu-west-1": STORE}
    ),
    "18": after_source(build(region=REGION)),
    "19": after_source(approve(roleArn=ROLE)),
    "20": pipeline(roleArn=f"arn:aws:iam::{ACCOUNT}:role/any/path/name"),
    "21": after_source(approve(roleArn=f"arn:aws:iam::{ACCOUNT}:role/other")),
    "22": after_source(approve(timeoutInMinutes=86_400)),
    "23": after_source(approve()),
    "24": after_source(approve(configuration={"NotificationArn": f"arn:aws:sns:{REGION}:999999999999:t.fifo"})),
    "25": after_source(run("Test", "true")),
    "26": pipeline(stage("Source", fetch(namespace="N")), stage("Release", approve(namespace="n"))),
    "27": after_source(approve(namespace="variables")),
    "28": pipeline(stage("Source", fetch(namespace="N")), stage("Test", run("Test", "echo #{N.CommitId} #{odd}"))),
    "29": after_source(
        build(namespace="Made"),
        build("Second", configuration={"ProjectName": "app", "Notes": "#{Made.Id}"}, runOrder=2),
    ),
    "30": after_source(approve(configuration={"CustomData": "#{variables.A}"}), variables=[{"name": "A"}]),
    "31": pipeline(
        stage("Source", fetch(configuration={"RepositoryUrl": "r", "BranchName": "{variables.x}"})),
        stage("Release", approve()),
        variables=[{"name": "x"}],
    ),
    "32": pipeline(variables=[{"name": "A"}, {"name": "a"}]),
    "33": pipeline(pipelineType="V2", variables=[{"name": "A"}]),
    "34": triggered(trigger(), pipelineType="V2"),
    "35": guarded(onFailure={"result": "ROLLBACK"}),
    "36": pipeline(pipelineType="V2", executionMode="QUEUED"),
    "37": after_source(run(), pipelineType="V2"),
    "38": guarded(mode="QUEUED", onFailure={"result": "ROLLBACK"}),
    "39": guarded(
        beforeEntry=condition("SKIP", rule("VariableCheck", configuration=CHECK)),
        onSuccess=condition("ROLLBACK", rule("VariableCheck", configuration=CHECK)),
        onFailure={"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}},
    ),
    "40": triggered(trigger("Connect")),
    "41": triggered(
        trigger(
            "Connect",
            push=[
                {"tags": {"includes": ["v*"]}},
                {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["src/**"]}},
            ],
        ),
        trigger("Other"),
    ),
    "42": triggered(
        trigger(push=[{"branches": {"includes": ["main"]}}, {"branches": {"includes": ["next"]}}]),
    ),
    "43": after_source(build(configuration={"ProjectName": "my_project-0123456789"[:20]})),
    "45": pipeline(stage("Source", fetch(), fetch("More", "more")), stage("Build", TWO_INPUTS)),
    "46": after_source(action("A", "Invoke/Custom/Anything/1", configuration={key: "x" * 50_000 for key in "ab"})),
    "47": pipeline(stage("Source", fetch()), stage("Release", approve(), blockers=[])),
    "48": guarded(beforeEntry=condition("FAIL", rule("VariableCheck", configuration=CHECK))),
}
