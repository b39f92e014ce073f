"""Reading a file: JSON, or YAML with the short forms of CloudFormation's functions."""

import json
import re
from typing import Any

import yaml

TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)  # a tab there is nothing to CloudFormation, and an error to PyYAML
TEMPLATED = re.compile(r"\{%|\{\{\s*(?!resolve:)[\w.]")


class Unreadable(Exception):
    """The file is no definition; the text says why, in a sentence."""


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: dates are texts, and `!Sub x` is {"Fn::Sub": "x"}."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _function)


def read(text: str) -> dict[str, Any]:
    """Return what the file holds. Raises Unreadable."""
    try:
        found = json.loads(text)
    except ValueError:
        found = _read_yaml(TRAILING.sub("", text))
    if not isinstance(found, dict):
        raise Unreadable("it holds no definition: neither a template nor the JSON of a pipeline.")
    return found


def _read_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506, a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if TEMPLATED.search(text):
            raise Unreadable("it is a template of another tool, with {{…}} in it. Render it first.") from None
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        reason = " ".join(str(getattr(error, "problem", error)).split())
        raise Unreadable(f"it is neither JSON nor YAML: {reason}{where}.") from None
