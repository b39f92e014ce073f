"""The integration role that the authors of Ansible's community.aws run against AWS.

It creates a pipeline, applies the same again and expects no change, and deletes it. As by their test runner, the play
lies inside the collection, which is how its modules are found by their short names.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.compat.programs.keeping import environment, locked_version, source
from tests.compat.programs.program import Program, run
from tests.compat.recording import Recorder
from tests.running import REGION, Account

pytestmark = pytest.mark.programs

PROGRAM = Program(
    "ansible", "Ansible community.aws.codepipeline, its integration role", locked_version("ansible-source", "ansible")
)
AMAZON, COMMUNITY = "ansible_collections/amazon/aws", "ansible_collections/community/aws"
PARTS = (
    *(f"{each}/{part}" for each in (AMAZON, COMMUNITY) for part in ("MANIFEST.json", "meta/", "plugins/")),
    f"{COMMUNITY}/tests/integration/targets/codepipeline/",
)
CALLS = {"GetPipeline": 4, "CreatePipeline": 1, "UpdatePipeline": 1, "DeletePipeline": 1}


def play(account: Account) -> dict:
    return {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "aws_access_key": account["access_key_id"],
            "aws_secret_key": account["secret_access_key"],
            "aws_region": REGION,
            "tiny_prefix": "headrace",
        },
        "roles": ["codepipeline"],
    }


def test_its_role_passes_as_against_aws(
    account: Account, surroundings: Mapping[str, str], recorder: Recorder, tmp_path: Path
):
    programs, collections = environment("ansible"), tmp_path / "collections"
    shutil.copytree(source("ansible", *PARTS), collections)
    folder = collections / COMMUNITY / "tests" / "integration"
    (folder / "play.yml").write_text(yaml.safe_dump([play(account)]))
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_ROLES_PATH": str(folder / "targets"),
        "ANSIBLE_PYTHON_INTERPRETER": str(programs / "python"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [programs / "ansible-playbook", "-i", "localhost,", "play.yml"]
    printed = run(command, {**surroundings, **settings}, folder)
    assert "failed=0" in printed
    assert "ignored=0" in printed, printed
    assert {name: recorder.times(name) for name in CALLS} == CALLS, printed
