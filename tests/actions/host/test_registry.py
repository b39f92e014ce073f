import sys
import tomllib
from pathlib import Path

import pytest

from apps.actions.host import load_plugins
from apps.actions.host.registry import DuplicateActionType
from headrace_sdk import ActionTypeId

ROOT = Path(__file__).parents[3]
BUILT_IN = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["headrace.plugins"]
RULE = """
from headrace_sdk import {base}, ActionTypeId, Property, hookimpl

class Provider({base}):
    {body}

@hookimpl
def {hook}():
    return [Provider()]
"""
AS_RULE, AS_ACTION = (
    {"base": "RuleProvider", "hook": "rule_providers"},
    {"base": "ActionProvider", "hook": "action_providers"},
)
ROGUE = "tests.actions.host.rogue_plugin"
PLUGIN = """
from headrace_sdk import ActionProvider, ActionTypeId, Property, hookimpl

class Provider(ActionProvider):
    action_type = ActionTypeId("Test", "ThirdParty", "{name}", "1")
    {body}

@hookimpl
def action_providers():
    return [Provider()]
"""


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    """A function that writes a module that can be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name, text):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


def test_the_built_in_plugins_add_their_action_types():
    registry = load_plugins(BUILT_IN.values())
    assert registry.problems == []
    assert {str(spec.id) for spec in registry.specs()} == {
        "Approval/AWS/Manual/1",
        "Build/AWS/Commands/1",
        "Compute/AWS/Commands/1",
        "Deploy/ThirdParty/Folder/1",
        "Invoke/AWS/CodePipeline/1",
        "Source/AWS/S3/1",
        "Source/AWS/CodeStarSourceConnection/1",
        "Source/ThirdParty/Git/1",
    }
    assert {str(spec.id) for spec in registry.rule_specs()} == {
        "Rule/AWS/CloudWatchAlarm/1",
        "Rule/AWS/CodeBuild/1",
        "Rule/AWS/Commands/1",
        "Rule/AWS/DeploymentWindow/1",
        "Rule/AWS/LambdaInvoke/1",
        "Rule/AWS/VariableCheck/1",
    }


def test_a_spec_says_what_the_class_says_under_each_of_its_ids():
    registry = load_plugins(BUILT_IN.values())
    compute, build = (registry.provider(ActionTypeId(each, "AWS", "Commands", "1")) for each in ("Compute", "Build"))
    assert compute is build
    spec = next(spec for spec in registry.specs() if str(spec.id) == "Build/AWS/Commands/1")
    assert (spec.input_artifacts, spec.timeout_seconds, spec.v2_only) == ((1, 10), 3300, True)
    assert spec.performed_by == "worker"
    assert "commands" in spec.declaration_members


def test_an_action_type_nobody_adds_has_no_provider():
    assert load_plugins().provider(ActionTypeId("Build", "AWS", "None", "1")) is None


def test_rules_are_found_by_their_id_and_are_no_actions():
    registry = load_plugins(["tests.noop_plugin"])
    assert type(registry.provider(ActionTypeId("Rule", "AWS", "Noop", "1"))).__name__ == "NoopRule"
    assert "Rule/AWS/Noop/1" in {str(spec.id) for spec in registry.rule_specs()}
    assert {spec.id.category for spec in registry.rule_specs()} == {"Rule"}
    assert "Rule" not in {spec.id.category for spec in registry.specs()}


def test_the_spec_of_a_rule_says_what_the_class_says():
    spec = next(each for each in load_plugins(["tests.noop_plugin"]).rule_specs() if each.id.provider == "Noop")
    assert [item.name for item in spec.properties] == ["Behaviour"]
    assert (spec.input_artifacts, spec.output_artifacts, spec.performed_by) == ((0, 1), (0, 0), "worker")


def test_a_plugin_enters_by_its_entry_point(tmp_path, write_module):
    write_module("acme_gate", PLUGIN.format(name="Gate", body=""))
    about = tmp_path / "acme_gate-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-gate\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[headrace.plugins]\nacme_gate = acme_gate\n")
    assert load_plugins().provider(ActionTypeId("Test", "ThirdParty", "Gate", "1")) is not None


def test_a_plugin_named_twice_is_loaded_once():
    assert load_plugins([ROGUE, ROGUE]).problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module", "no_such_module"),
        ("raise SystemExit(1)", "SystemExit"),
        ("def broken(", "SyntaxError"),
        ("x = 1", "adds no provider"),
        (PLUGIN.format(name="A", body="input_artifacts = (3, 1)"), "contradict"),
        (PLUGIN.format(name="A", body="properties = tuple(Property(f'P{n}') for n in range(11))"), "more than 10"),
        (PLUGIN.format(name="A", body="properties = (Property('P'), Property('P'))"), "two properties"),
        (PLUGIN.format(name="A", body="properties = (Property('P', queryable=True),)"), "queryable"),
        (PLUGIN.replace("[Provider()]", "['text']").format(name="A", body=""), "no ActionProvider"),
        (
            RULE.format(body="rule_type = ActionTypeId('Rule', 'ThirdParty', 'A', '1')", **AS_RULE),
            "Rule/AWS/<provider>/1",
        ),
        (RULE.format(body="rule_type = ActionTypeId('Test', 'AWS', 'A', '1')", **AS_RULE), "Rule/AWS/<provider>/1"),
        (RULE.format(body="pass", **AS_RULE), "no RuleProvider"),
        (RULE.format(body="rule_type = None", base="ActionProvider", hook="rule_providers"), "no RuleProvider"),
        (
            RULE.format(body="action_type = ActionTypeId('Rule', 'AWS', 'A', '1')", **AS_ACTION),
            "A rule is a RuleProvider",
        ),
        (PLUGIN.replace("[Provider()]", "1 / 0").format(name="A", body=""), "ZeroDivisionError"),
        (PLUGIN.replace("action_providers()", "action_providers(extra)").format(name="A", body=""), "extra"),
    ],
)
def test_a_broken_plugin_is_named_and_left_out_and_the_others_stay(write_module, text, words):
    registry = load_plugins([write_module("broken_plugin", text), ROGUE])
    assert len(registry.problems) == 1
    assert registry.problems[0].startswith("The plugin 'broken_plugin' was left out: ")
    assert words in registry.problems[0]
    assert registry.provider(ActionTypeId("Invoke", "ThirdParty", "Rogue", "1")) is not None


def test_two_plugins_with_one_action_type_are_an_error_that_names_both(write_module):
    names = [write_module(name, PLUGIN.format(name="Same", body="")) for name in ("first_plugin", "second_plugin")]
    with pytest.raises(DuplicateActionType, match="'first_plugin' and 'second_plugin' both add Test/ThirdParty/Same/1"):
        load_plugins(names)
