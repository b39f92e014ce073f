"""The provider that docs/plugins/writing-a-provider.md shows, taken from its text, passes the contract it shows."""

import re
import sys
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from headrace_sdk.testing import ProviderContract, ScriptedPeer, make_request, run_action

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "writing-a-provider.md"
SHOWN = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
MANIFEST = """
[plugin]
id = "acme/sonar-gate"
name = "Sonar quality gate"
summary = "Fails the action when the gate is red."
sdk = ">=1.0,<2"
license = "Apache-2.0"
runs = "own-environment"

[[action_types]]
category = "Test"
provider = "SonarGate"
version = "1"
input_artifacts = [0, 1]

[[action_types.properties]]
name = "ServerUrl"
type = "url"
required = true
help = "Where SonarQube answers."

[[action_types.properties]]
name = "ProjectKey"
required = true
key = true
help = "The key of the project there."

[[action_types.properties]]
name = "Token"
type = "secret"
required = true
help = "A token that may read the project."
"""


@pytest.fixture(scope="module", autouse=True)
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    (folder / "headrace.toml").write_text(MANIFEST)
    module.__file__ = str(folder / "plugin.py")
    sys.modules[module.__name__] = module  # again, where a worker comes to this file a second time
    yield
    del sys.modules[module.__name__]


module = ModuleType("documented_provider")
sys.modules[module.__name__] = module
exec(compile(SHOWN[0], str(PAGE), "exec"), module.__dict__)  # noqa: S102  the page is ours


def answering(status):
    return ScriptedPeer(httpx2.Response(200, json={"projectStatus": {"status": status}}))


class TestContract(ProviderContract):
    provider = module.SonarGate()
    configuration = {"ServerUrl": "https://sonar.example.org", "ProjectKey": "shop"}

    def request_fields(self, folder):
        return {"http": answering("OK")}


class TestContractWhileItRuns(TestContract):
    def request_fields(self, folder):
        return {"http": answering("NONE")}


def test_the_gate_is_polled_until_it_is_decided(tmp_path):
    undecided = httpx2.Response(200, json={"projectStatus": {"status": "NONE"}})
    peer = ScriptedPeer(undecided, undecided, httpx2.Response(200, json={"projectStatus": {"status": "OK"}}))
    request = make_request(tmp_path, {**TestContract.configuration, "Token": "t"}, http=peer)
    run = run_action(TestContract.provider, request)
    assert (run.result.summary, run.polls) == ("The gate is green.", 2)


def test_a_disagreeing_manifest_is_told(tmp_path):
    from headrace_sdk.manifest import disagreements

    (tmp_path / "headrace.toml").write_text(MANIFEST.replace("[0, 1]", "[0, 2]").replace(">=1.0,<2", ">=9"))
    found = disagreements(tmp_path / "headrace.toml", [TestContract.provider], "1.0.0")
    assert len(found) == 2
    assert "input_artifacts is [0, 2] in the manifest, [0, 1] in the class" in " ".join(found)


def test_a_manifest_that_is_missing_or_names_more_is_told(tmp_path):
    from headrace_sdk.manifest import disagreements

    assert "cannot be read" in disagreements(tmp_path / "headrace.toml", [], "1.0.0")[0]
    (tmp_path / "headrace.toml").write_text(MANIFEST)
    assert "which no class is" in disagreements(tmp_path / "headrace.toml", [], "1.0.0")[0]
