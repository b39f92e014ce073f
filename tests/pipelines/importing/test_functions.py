"""CloudFormation's functions, each worked out, and what is said where that is not possible."""

import json
from typing import Any

import pytest

from apps.pipelines.importing import Imported, Surroundings, Unreadable, imported, read

TEMPLATE = """
Parameters:
  Branch: {Type: String, Default: main}
  Number: {Type: Number, Default: 7}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
  Open: {Type: String}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path}
Mappings:
  Sizes:
    us-east-1: {small: S1}
Conditions:
  IsMain: !Equals [!Ref Branch, main]
  IsOther: !Not [!Condition IsMain]
  Both: !And [!Condition IsMain, !Condition IsOther]
  Either: !Or [!Condition IsMain, !Condition IsOther]
  Round: !Not [!Condition Round]
Resources:
  Role: {Type: "AWS::IAM::Role"}
  Named: {Type: "AWS::IAM::Role", Properties: {RoleName: !Sub "r-${Branch}", Path: /team/}}
  Bucket: {Type: "AWS::S3::Bucket"}
  Build: {Type: "AWS::CodeBuild::Project", Properties: {Name: make}}
  Nameless: {Type: "AWS::CodeBuild::Project"}
  Key: {Type: "AWS::KMS::Key"}
  Self: {Type: "AWS::S3::Bucket", Properties: {BucketName: !Ref Self}}
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: VALUE
"""


def worked_out(value: str, **given: str) -> Imported:
    surroundings = Surroundings("111122223333", "us-east-1", "shop", given=given)
    (found,) = imported(read(TEMPLATE.replace("VALUE", value)), surroundings)
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("!Ref Branch", "main"),
        ("{Ref: Branch}", "main"),
        ("!Ref Number", "7"),
        ("!Ref AWS::AccountId", "111122223333"),
        ("!Ref AWS::StackName", "shop"),
        ('!Sub "${Branch}-${AWS::Region}"', "main-us-east-1"),
        ('!Sub "${!Literal}"', "${Literal}"),
        ('!Sub ["${A}-${Branch}", {A: !Ref Number}]', "7-main"),
        ('!Sub "${Build}"', "make"),
        ('!Sub "${Named.Arn}"', "arn:aws:iam::111122223333:role/team/r-main"),
        ('!Join ["-", [a, !Ref Number, !Ref Branch]]', "a-7-main"),
        ('!Join [":", !Ref Zones]', "a:b"),
        ("!Select [1, !Ref Zones]", "b"),
        ('!Select ["0", !Split ["/", "x/y"]]', "x"),
        ("!FindInMap [Sizes, !Ref AWS::Region, small]", "S1"),
        ("!If [IsMain, yes-text, no-text]", "yes-text"),
        ("!If [IsOther, yes-text, no-text]", "no-text"),
        ("!If [Both, yes-text, no-text]", "no-text"),
        ("!If [Either, yes-text, no-text]", "yes-text"),
        ("!GetAtt Role.Arn", "arn:aws:iam::111122223333:role/shop-Role"),
        ("!GetAtt [Named, Arn]", "arn:aws:iam::111122223333:role/team/r-main"),
        ("!Ref Bucket", "shop-bucket"),
        ("!Base64 abc", "YWJj"),
        ("!ToJsonString {a: 1}", '{"a":1}'),
    ],
)
def test_a_function_is_worked_out(value, expected):
    found = worked_out(value)
    assert found.missing == ()
    assert found.declaration["name"] == expected


def test_no_value_leaves_a_member_out():
    assert worked_out("!Ref AWS::NoValue").declaration["name"] == "shop-Pipeline"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("!Ref Open", "The parameter Open has no default. Give it with --set Open=VALUE."),
        ("!Ref Stored", "The parameter Stored is looked up in the Parameter Store. Give it with --set Stored=VALUE."),
        ("!Ref Ghost", "Ghost is neither a parameter nor a resource of the template. Give it with --set Ghost=VALUE."),
        (
            "!Ref Nameless",
            "What Nameless is, a resource of the type AWS::CodeBuild::Project, only AWS knows. "
            "Give it with --set Nameless=VALUE.",
        ),
        (
            "!GetAtt Key.Arn",
            "Key.Arn is an encryption key of AWS's. Leave it out with --without-encryption-keys, or give it with "
            "--set Key.Arn=VALUE.",
        ),
        ("!Ref AWS::StackId", "AWS::StackId is known when AWS makes the stack. Give it with --set AWS::StackId=VALUE."),
        ("!FindInMap [Sizes, !Ref Open, a]", "The parameter Open has no default. Give it with --set Open=VALUE."),
        ("!Select [5, !Split [a, !Ref Open]]", "The parameter Open has no default. Give it with --set Open=VALUE."),
        ("!ImportValue net-Role", "net-Role is exported by another stack. Give it with --set net-Role=VALUE."),
        ("!GetAZs us-east-1", "The function Fn::GetAZs cannot be worked out without AWS."),
        (
            "!FindInMap [Sizes, us-east-1, big]",
            "Fn::FindInMap finds no Sizes.us-east-1.big in the template's mappings.",
        ),
        ("!Select [5, !Ref Zones]", "Fn::Select has no item 5."),
        ("!If [Ghost, a, b]", "The template has no condition Ghost."),
        ("!If [Round, a, b]", "The condition Round depends on itself."),
        ("!Ref Self", "The resource Self is named after itself. Give it with --set Self=VALUE."),
        (
            '"{{resolve:ssm:/a:1}}"',
            "The dynamic reference {{resolve:ssm:/a:1}} is looked up by AWS. Write the value in its place.",
        ),
    ],
)
def test_what_cannot_be_worked_out_is_named_with_the_way_out(value, sentence):
    assert worked_out(value).missing == (sentence,)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("!Ref Open", "Open"),
        ("!Ref Branch", "Branch"),
        ("!Ref Nameless", "Nameless"),
        ("!GetAtt Key.Arn", "Key.Arn"),
        ("!ImportValue net-Role", "net-Role"),
        ('!Sub "${Open}"', "Open"),
        ('!Sub "${Key.Arn}"', "Key.Arn"),
    ],
)
def test_what_is_given_stands_in_its_place(value, name):
    found = worked_out(value, **{name: "given"})
    assert (found.declaration["name"], found.missing) == ("given", ())


def test_a_made_up_name_is_told():
    assert worked_out("!GetAtt Role.Arn").assumed == (
        "Role (AWS::IAM::Role) has no name in the template: 'shop-Role' is taken.",
    )
    assert worked_out("!GetAtt Named.Arn").assumed == ()


FULL = """
Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Condition: Wanted
    Properties:
      Name: web
      RoleArn: arn:aws:iam::111122223333:role/r
      PipelineType: V2
      ArtifactStores:
        - Region: us-east-1
          ArtifactStore: {Type: S3, Location: b, EncryptionKey: {Id: !GetAtt Key.Arn, Type: KMS}}
      DisableInboundStageTransitions: [{StageName: Ship, Reason: not yet}]
      RestartExecutionOnUpdate: true
      Tags: [{Key: team, Value: 1}]
      Variables: [{Name: A, DefaultValue: x}]
      Stages:
        - Name: Source
          Actions:
            - Name: Fetch
              RunOrder: "1"
              ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: 1}
              Configuration: {S3Bucket: b, S3ObjectKey: k, PollForSourceChanges: false}
              OutputArtifacts: [{Name: Code}]
        - Name: Ship
          OnFailure: {Result: ROLLBACK}
          Actions:
            - Name: Ask
              TimeoutInMinutes: "60"
              ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: "1"}
Conditions:
  Wanted: !Equals [1, "1"]
Metadata: {Since: 2010-09-09}
"""


def full(text: str = FULL, **members: Any) -> list[Imported]:
    return imported(read(text), Surroundings("111122223333", "us-east-1", "s", **members))


def test_members_get_the_api_s_names_and_kinds():
    (found,) = full(keeps_encryption_keys=False)
    assert found.declaration == {
        "name": "web",
        "roleArn": "arn:aws:iam::111122223333:role/r",
        "pipelineType": "V2",
        "artifactStores": {"us-east-1": {"type": "S3", "location": "b"}},
        "variables": [{"name": "A", "defaultValue": "x"}],
        "stages": [
            {
                "name": "Source",
                "actions": [
                    {
                        "name": "Fetch",
                        "runOrder": 1,
                        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
                        "configuration": {"S3Bucket": "b", "S3ObjectKey": "k", "PollForSourceChanges": "false"},
                        "outputArtifacts": [{"name": "Code"}],
                    }
                ],
            },
            {
                "name": "Ship",
                "onFailure": {"result": "ROLLBACK"},
                "actions": [
                    {
                        "name": "Ask",
                        "timeoutInMinutes": 60,
                        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
                    }
                ],
            },
        ],
    }
    assert found.tags == [{"key": "team", "value": "1"}]
    assert found.disabled_transitions == [("Ship", "not yet")]
    assert found.missing == ()


def test_a_pipeline_whose_condition_does_not_hold_is_none():
    assert full(FULL.replace('[1, "1"]', '[1, "2"]')) == []


def test_json_of_the_api_stands_as_it_is():
    pipeline = {"name": "web", "stages": []}
    tags = [{"key": "a", "value": "b"}]
    answered = {"pipeline": pipeline, "metadata": {"created": "2024-01-01"}, "tags": tags}
    assert full(json.dumps(answered)) == [Imported(pipeline, tags=tags)]
    assert full(json.dumps(pipeline)) == [Imported(pipeline)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it holds no definition"),
        ("[1]", "it holds no definition"),
        ("a: b: c", "it is neither JSON nor YAML"),
        ("a: !Sub [", "it is neither JSON nor YAML"),
        ("{% if x %}\n", "it is a template of another tool"),
        ("Name: {{cookiecutter.name}}-x\n", "it is a template of another tool"),
        ("a: 1", "it is neither the JSON of a pipeline nor a CloudFormation template"),
        ("Resources: {A: {Type: 'AWS::S3::Bucket'}}", "has no resource of the type AWS::CodePipeline::Pipeline"),
        ('{"pipeline": []}', "is no definition"),
        ("a: &a [*a]", "neither"),
        ("Resources: {P: {Type: 'AWS::CodePipeline::Pipeline', Properties: [1]}}", "are no mapping"),
        ("Resources: {P: {Type: 'AWS::CodePipeline::Pipeline', Properties: &p {A: *p}}}", "holds itself"),
    ],
)
def test_what_is_no_definition_is_refused_with_the_reason(text, reason):
    with pytest.raises(Unreadable, match=reason):
        full(text)


@pytest.mark.parametrize("argument", ["!Join x", "!Select [1]", "!If [a]", "!FindInMap x", "!Split [1]", "!Equals 1"])
def test_a_function_with_the_wrong_arguments_is_named(argument):
    (sentence,) = worked_out(argument).missing
    assert "has arguments of the wrong form" in sentence
