"""Cloud Custodian: policies over pipelines that select by what GetPipeline tells, and delete."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compat.programs.keeping import environment, locked_version
from tests.compat.programs.program import Program, run
from tests.compat.recording import Recorder
from tests.journeys.workshop import simple
from tests.running import REGION, Account

pytestmark = pytest.mark.programs

PROGRAM = Program(
    "cloud_custodian",
    "Cloud Custodian",
    locked_version("c7n", "c7n"),
    notes=["Tags are read and written over the resource groups tagging API, which Headrace does not have."],
)
SERIAL = {"type": "value", "key": "executionMode", "value": "QUEUED"}
DOOMED = {"type": "value", "key": "name", "op": "glob", "value": "doomed-*"}
NOOP_BUILD = {"type": "value", "key": "stages[1].actions[0].actionTypeId.provider", "value": "Noop"}


@pytest.fixture
def custodian(surroundings: Mapping[str, str], tmp_path: Path):
    """Run a policy, and return the resources that it selected."""

    def apply(*filters: Any, actions: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        policy = {"name": "ours", "resource": "aws.codepipeline", "filters": list(filters), "actions": list(actions)}
        (tmp_path / "policies.yml").write_text(yaml.safe_dump({"policies": [policy]}))
        command = [environment("c7n") / "custodian", "run", "--cache-period", "0", "--region", REGION]
        run([*command, "--output-dir", "out", "policies.yml"], surroundings, tmp_path)
        selected: list[dict[str, Any]] = json.loads((tmp_path / "out" / "ours" / "resources.json").read_text())
        return selected

    return apply


def test_it_finds_pipelines_by_what_their_definition_says(api, account: Account, custodian):
    api.create_pipeline(pipeline=simple(account, "queued", executionMode="QUEUED", pipelineType="V2"))
    api.create_pipeline(pipeline=simple(account, "plain"))
    (found,) = custodian(SERIAL, NOOP_BUILD)
    assert found["name"] == "queued"
    assert found["stages"] == api.get_pipeline(name="queued")["pipeline"]["stages"]


def test_it_deletes_what_a_policy_dooms_and_nothing_else(api, account: Account, custodian, recorder: Recorder):
    names = [f"doomed-{number:03}" for number in range(105)]  # more than a page of ListPipelines
    for name in [*names, "spared"]:
        api.create_pipeline(pipeline=simple(account, name))
    found = custodian(DOOMED, actions=("delete",))
    assert sorted(each["name"] for each in found) == names
    assert [each["name"] for each in api.list_pipelines()["pipelines"]] == ["spared"]
    assert recorder.times("DeletePipeline") == len(names)
