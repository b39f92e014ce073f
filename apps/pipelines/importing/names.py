"""What a resource of a template is called, as far as the template says so.

A role or a bucket that has no name in the template gets one here: in Headrace both are names and need not exist. Of
anything else only AWS knows what it was called. Source: CloudFormation template reference, return values.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# What Ref or GetAtt give, as the property that holds the name and the text that is made of it.
NAMES: dict[tuple[str, str], tuple[str, str]] = {
    ("AWS::S3::Bucket", ""): ("BucketName", "{name}"),
    ("AWS::S3::Bucket", "Arn"): ("BucketName", "arn:aws:s3:::{name}"),
    ("AWS::IAM::Role", ""): ("RoleName", "{name}"),
    ("AWS::IAM::Role", "Arn"): ("RoleName", "arn:aws:iam::{account}:role{path}{name}"),
    ("AWS::CodeBuild::Project", ""): ("Name", "{name}"),
    ("AWS::CodeBuild::Project", "Arn"): ("Name", "arn:aws:codebuild:{region}:{account}:project/{name}"),
    ("AWS::CodeCommit::Repository", "Name"): ("RepositoryName", "{name}"),
    ("AWS::CodeDeploy::Application", ""): ("ApplicationName", "{name}"),
    ("AWS::CodeDeploy::DeploymentGroup", ""): ("DeploymentGroupName", "{name}"),
    ("AWS::CodePipeline::CustomActionType", ""): ("Provider", "{name}"),
    ("AWS::ECR::Repository", ""): ("RepositoryName", "{name}"),
    ("AWS::ECS::Cluster", ""): ("ClusterName", "{name}"),
    ("AWS::ECS::Service", "Name"): ("ServiceName", "{name}"),
    ("AWS::ElasticBeanstalk::Application", ""): ("ApplicationName", "{name}"),
    ("AWS::ElasticBeanstalk::Environment", ""): ("EnvironmentName", "{name}"),
    ("AWS::KMS::Alias", ""): ("AliasName", "{name}"),
    ("AWS::Lambda::Function", ""): ("FunctionName", "{name}"),
    ("AWS::Lambda::Function", "Arn"): ("FunctionName", "arn:aws:lambda:{region}:{account}:function:{name}"),
    ("AWS::Serverless::Function", ""): ("FunctionName", "{name}"),
    ("AWS::Serverless::Function", "Arn"): ("FunctionName", "arn:aws:lambda:{region}:{account}:function:{name}"),
    ("AWS::SNS::Topic", ""): ("TopicName", "arn:aws:sns:{region}:{account}:{name}"),
    ("AWS::SNS::Topic", "TopicName"): ("TopicName", "{name}"),
    ("AWS::StepFunctions::StateMachine", ""): (
        "StateMachineName",
        "arn:aws:states:{region}:{account}:stateMachine:{name}",
    ),
    ("AWS::StepFunctions::StateMachine", "Name"): ("StateMachineName", "{name}"),
}
MADE_UP = {"AWS::IAM::Role": 64, "AWS::S3::Bucket": 63}  # what needs no name, and the longest that it may have


class Named(NamedTuple):
    """What Ref or GetAtt stand for. `assumed` is the name when it was made up."""

    value: str
    assumed: str = ""


def named(
    resource: Mapping[str, Any],
    logical_id: str,
    attribute: str,
    *,
    stack: str,
    pseudo: Mapping[str, str],
    resolve: Callable[[Any], Any],
) -> Named | None:
    """Return what stands for a resource, None where only AWS knows. `resolve` works out its properties."""
    kind = str(resource.get("Type"))
    if (kind, attribute) not in NAMES:
        return None
    member, pattern = NAMES[kind, attribute]
    properties = resource.get("Properties") or {}
    name, assumed = "", ""
    if member in properties:
        name = str(resolve(properties[member]))
    elif kind in MADE_UP:
        name = assumed = made_up(stack, logical_id, kind)
    if not name:
        return None
    path = str(resolve(properties["Path"])) if "Path" in properties else "/"
    value = pattern.format(name=name, path=path, account=pseudo["AWS::AccountId"], region=pseudo["AWS::Region"])
    return Named(value, assumed)


def made_up(stack: str, logical_id: str, kind: str) -> str:
    name = f"{stack}-{logical_id}"
    if kind == "AWS::S3::Bucket":
        name = re.sub(r"[^a-z0-9-]", "-", name.lower())
    return name[: MADE_UP[kind]].strip("-")
