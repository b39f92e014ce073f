"""aws-nuke, which empties an account: it pages through ListPipelines and deletes what its filters do not keep."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
import yaml

from tests.compat.programs.program import Program, run
from tests.compat.recording import Recorder
from tests.journeys.workshop import simple
from tests.running import REGION, Account

pytestmark = pytest.mark.programs

NUKE = shutil.which("aws-nuke")
PROGRAM = Program("aws_nuke", "aws-nuke, with the AWS SDK for Go v1", "")
MANY = 105  # more than a page of ListPipelines


@pytest.fixture
def alias(elsewhere: str) -> str:
    """aws-nuke refuses to work on an account that has no alias."""
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    boto3.client("iam", endpoint_url=elsewhere, region_name=REGION, **keys).create_account_alias(AccountAlias="tests")
    return "tests"


def configuration(account: Account, url: str) -> dict:
    # The nameless one is for its first session; it is last, for a resource goes to the first that its type begins with.
    services = [{"service": name, "url": url} for name in ("sts", "iam", "codepipeline", "")]
    return {
        "regions": [REGION],
        "account-blocklist": ["999999999999"],
        "endpoints": [{"region": REGION, "tls_insecure_skip_verify": True, "services": services}],
        "accounts": {account["account_id"]: {"filters": {"CodePipelinePipeline": ["kept"]}}},
    }


def debian_version(package: str) -> str:
    """Return the version as Debian knows it, for this build of the program does not know its own."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.usefixtures("alias")
def test_it_empties_an_account_but_for_what_is_kept(
    api, account: Account, surroundings: Mapping[str, str], recorder: Recorder, tmp_path: Path
):
    assert NUKE, "aws-nuke is not installed. Install it: apt-get install aws-nuke"
    PROGRAM.version = debian_version("aws-nuke")
    for name in ["kept", *(f"doomed-{number:03}" for number in range(MANY))]:
        api.create_pipeline(pipeline=simple(account, name))
    (tmp_path / "nuke.yml").write_text(yaml.safe_dump(configuration(account, recorder.url)))
    keys = ["--access-key-id", account["access_key_id"], "--secret-access-key", account["secret_access_key"]]
    command = [NUKE, "--config", "nuke.yml", *keys, "--default-region", REGION, "--target", "CodePipelinePipeline"]
    printed = run([*command, "--no-dry-run", "--force", "--force-sleep", "3"], surroundings, tmp_path)
    assert f"Nuke complete: 0 failed, 1 skipped, {MANY} finished." in re.sub(r"\s+", " ", printed), printed
    assert [each["name"] for each in api.list_pipelines()["pipelines"]] == ["kept"]
    assert recorder.times("DeletePipeline") == MANY
