"""The hooks a plugin may implement."""

import pluggy

from .provider import ActionProvider, RuleProvider

PROJECT = "headrace"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def action_providers() -> list[ActionProvider]:  # type: ignore[empty-body]
    """Return the action providers this plugin adds. Called once, when Headrace starts."""


@hookspec
def rule_providers() -> list[RuleProvider]:  # type: ignore[empty-body]
    """Return the rule providers this plugin adds. Called once, when Headrace starts."""
