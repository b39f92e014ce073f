"""`manage.py import_pipeline` and `export_pipeline`."""

import json
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from apps.pipelines.importing import as_template
from apps.pipelines.models import Pipeline, StageTransition
from apps.pipelines.selectors import current_version
from apps.tenancy.models import Account
from tests.factories import first_execution, make_account, make_declaration

pytestmark = pytest.mark.django_db
TEMPLATE = """
Parameters:
  Bucket: {Type: String}
Resources:
  Role: {Type: "AWS::IAM::Role"}
  Key: {Type: "AWS::KMS::Key"}
  Web:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: !Sub "web-${AWS::StackName}"
      RoleArn: !GetAtt Role.Arn
      ArtifactStore: {Type: S3, Location: !Ref Bucket, EncryptionKey: {Type: KMS, Id: !GetAtt Key.Arn}}
      DisableInboundStageTransitions: [{StageName: Release, Reason: Not before Monday}]
      Tags: [{Key: team, Value: shop}]
      Stages:
        - Name: Source
          Actions:
            - Name: Fetch
              ActionTypeId: {Category: Source, Owner: ThirdParty, Provider: GitHub, Version: 1}
              Configuration: {Owner: o, Repo: r, Branch: main, OAuthToken: planted-token, PollForSourceChanges: false}
              OutputArtifacts: [{Name: Code}]
        - Name: Release
          Actions:
            - Name: Ask
              ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: "1"}
"""


def run(tmp_path, text: str, account: Account, *options: str) -> str:
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    said = StringIO()
    call_command("import_pipeline", str(file), "--account", account.number, *options, stdout=said)
    return said.getvalue()


def export(name: str, account: Account, *options: str) -> str:
    said = StringIO()
    call_command("export_pipeline", name, "--account", account.number, *options, stdout=said)
    return said.getvalue()


WHOLE = ("--set", "Bucket=artifacts", "--without-encryption-keys")


def test_a_template_becomes_a_pipeline_with_its_tags_and_closed_gates(tmp_path):
    account = make_account()
    said = run(tmp_path, TEMPLATE, account, *WHOLE)
    assert said.splitlines() == [
        "Role (AWS::IAM::Role) has no name in the template: 'shop-Role' is taken.",
        "web-shop is imported, version 1.",
    ]
    pipeline = Pipeline.objects.get(account=account, name="web-shop")
    declaration = current_version(pipeline).declaration
    assert declaration["roleArn"] == f"arn:aws:iam::{account.number}:role/shop-Role"
    assert declaration["artifactStore"] == {"type": "S3", "location": "artifacts"}
    assert declaration["stages"][0]["actions"][0]["configuration"]["OAuthToken"] == "****"
    assert pipeline.tags == {"team": "shop"}
    gate = StageTransition.objects.get(pipeline=pipeline)
    assert (gate.stage, gate.side, gate.enabled, gate.reason) == ("Release", "Inbound", False, "Not before Monday")
    assert first_execution(pipeline).trigger_type == "CreatePipeline"


def test_what_is_open_is_named_line_by_line_and_nothing_is_kept(tmp_path):
    account = make_account()
    with pytest.raises(CommandError) as refusal:
        run(tmp_path, TEMPLATE, account)
    lines = str(refusal.value).splitlines()
    assert lines[0].endswith("shop.yaml leaves open what only AWS knows:")
    assert [line.partition(" ")[0] for line in lines[1:]] == ["The", "Key.Arn"]
    assert not Pipeline.objects.exists()


def test_a_dry_run_keeps_nothing(tmp_path):
    assert run(tmp_path, TEMPLATE, make_account(), *WHOLE, "--dry-run").endswith("web-shop would be imported.\n")
    assert not Pipeline.objects.exists()


def test_a_taken_name_needs_to_be_asked_for(tmp_path):
    account = make_account()
    run(tmp_path, TEMPLATE, account, *WHOLE)
    with pytest.raises(CommandError, match="already exists in account"):
        run(tmp_path, TEMPLATE, account, *WHOLE)
    changed = TEMPLATE.replace("Branch: main", "Branch: next")
    assert "web-shop is imported, version 2." in run(tmp_path, changed, account, *WHOLE, "--update")


def test_of_several_pipelines_all_are_imported_or_none(tmp_path):
    account = make_account()
    good = make_declaration(account, name="good")
    pipelines = {name: as_resource(good | {"name": name}) for name in ("A", "B")}
    broken = as_resource(good | {"name": "C", "stages": good["stages"][:1]})
    with pytest.raises(CommandError, match="minimum of 2 stages"):
        run(tmp_path, json.dumps({"Resources": pipelines | {"C": broken}}), account)
    assert not Pipeline.objects.exists()
    run(tmp_path, json.dumps({"Resources": pipelines}), account)
    assert sorted(Pipeline.objects.values_list("name", flat=True)) == ["A", "B"]


def as_resource(declaration: dict[str, Any]) -> dict[str, Any]:
    return yaml.safe_load(as_template(declaration, [], []))["Resources"]["Pipeline"]


@pytest.mark.parametrize("form", ["json", "cloudformation"])
def test_what_is_exported_can_be_imported_elsewhere(tmp_path, form):
    here, there = make_account(), make_account()
    for account in (here, there):
        make_declaration(account)  # declares the custom types
    declared = make_declaration(
        here,
        mode="QUEUED",
        variables=[{"name": "A", "defaultValue": "x"}],
        artifactStores={"us-east-1": {"type": "S3", "location": "artifacts"}},
    )
    del declared["artifactStore"]
    run(tmp_path, json.dumps({"pipeline": declared, "tags": [{"key": "a", "value": "b"}]}), here)
    text = export("web", here, "--format", form).replace(here.number, there.number)
    run(tmp_path, text, there)
    one, other = (current_version(Pipeline.objects.get(account=account)).declaration for account in (here, there))
    assert json.loads(json.dumps(one).replace(here.number, there.number)) == other
    assert Pipeline.objects.get(account=there).tags == {"a": "b"}


def test_closed_gates_are_exported_and_secrets_are_not(tmp_path):
    account = make_account()
    run(tmp_path, TEMPLATE, account, *WHOLE)
    text = export("web-shop", account, "--format", "cloudformation")
    properties = yaml.safe_load(text)["Resources"]["Pipeline"]["Properties"]
    assert properties["DisableInboundStageTransitions"] == [{"StageName": "Release", "Reason": "Not before Monday"}]
    assert properties["Stages"][0]["Actions"][0]["Configuration"]["OAuthToken"] == "****"
    assert "planted-token" not in text + export("web-shop", account)


def test_a_pipeline_of_another_account_is_not_found(tmp_path):
    account = make_account()
    run(tmp_path, TEMPLATE, account, *WHOLE)
    with pytest.raises(CommandError, match="does not have a pipeline with name 'web-shop'"):
        export("web-shop", make_account())


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (TEMPLATE, ("--set", "Bucket"), "--set Bucket has no value"),
        ("a: b: c", (), "cannot be imported: it is neither JSON nor YAML"),
        (TEMPLATE, ("--set", "Bucket=x", "--without-encryption-keys"), "length greater than or equal to 3"),
        (TEMPLATE.replace("Not before Monday", "a/b"), WHOLE, "reason"),
        (TEMPLATE.replace("StageName: Release", "StageName: Ghost"), WHOLE, "does not have a stage with name 'Ghost'"),
        ('{"pipeline": {"name": 7}}', (), "can not be converted"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_kept(tmp_path, text, options, said):
    with pytest.raises(CommandError, match=said):
        run(tmp_path, text, make_account(), *options)
    assert not Pipeline.objects.exists()


def test_an_unknown_account_or_file_is_told(tmp_path):
    for command in (["import_pipeline", "x"], ["export_pipeline", "web"]):
        with pytest.raises(CommandError, match="There is no account with the id 000000000000"):
            call_command(*command, "--account", "000000000000")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_pipeline", str(tmp_path / "gone"), "--account", make_account().number)
