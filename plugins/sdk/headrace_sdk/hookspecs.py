"""The hooks a plugin may implement."""

import pluggy

from .provider import ActionProvider

PROJECT = "headrace"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def action_providers() -> list[ActionProvider]:  # type: ignore[empty-body]
    """Return the action providers this plugin adds. Called once, when Headrace starts."""
