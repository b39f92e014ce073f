"""The rule that docs/plugins/writing-a-rule.md shows, taken from its text, passes the contract it shows."""

import re
import sys
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from headrace_sdk.manifest import disagreements
from headrace_sdk.testing import RuleContract, ScriptedPeer, make_request, run_action

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "writing-a-rule.md"
PYTHON = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
PLUGIN = """
[plugin]
id = "acme/freeze"
name = "Freeze"
summary = "Waits while releases are frozen."
sdk = ">=1.0,<2"
license = "Apache-2.0"
runs = "own-environment"
"""


@pytest.fixture(scope="module", autouse=True)
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    (folder / "headrace.toml").write_text(PLUGIN + TOML[0])
    module.__file__ = str(folder / "plugin.py")
    sys.modules[module.__name__] = module  # again, where a worker comes to this file a second time
    yield folder / "headrace.toml"
    del sys.modules[module.__name__]


module = ModuleType("documented_rule")
sys.modules[module.__name__] = module
exec(compile(PYTHON[0], str(PAGE), "exec"), module.__dict__)  # noqa: S102  the page is ours


def answering(*words):
    return ScriptedPeer(*(httpx2.Response(200, text=word) for word in words))


class TestContract(RuleContract):
    provider = module.Freeze()
    configuration = {"Calendar": "https://calendar.example.org/today"}

    def request_fields(self, folder):
        return {"http": answering("open")}


class TestContractWhileItWaits(TestContract):
    def request_fields(self, folder):
        return {"http": answering("frozen")}


def test_it_waits_until_the_calendar_opens(tmp_path):
    request = make_request(tmp_path, TestContract.configuration, http=answering("frozen", "frozen", "open"))
    run = run_action(TestContract.provider, request)
    assert (run.result.summary, run.polls) == ("Nothing is frozen.", 2)


def test_a_manifest_that_differs_from_the_rule_is_told(manifest):
    assert disagreements(manifest, [], "1.0.0") == ["The manifest has Rule/AWS/Freeze/1, which no class is."]
    manifest.write_text(PLUGIN + TOML[0].replace("86400", "60"))
    assert disagreements(manifest, [TestContract.provider], "1.0.0") == [
        "Rule/AWS/Freeze/1: timeout_seconds is 60 in the manifest, 86400 in the class."
    ]
