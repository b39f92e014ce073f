"""Finds the plugins and knows which provider stands for which action type."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from types import ModuleType

import pluggy

from apps.actions.types import ActionTypeSpec
from headrace_sdk import ActionProvider, ActionTypeId, hookspecs

ENTRY_POINT_GROUP = "headrace.plugins"
MOST_PROPERTIES = 10  # CodePipeline API Reference, CreateCustomActionType


class DuplicateActionType(Exception):
    """Two plugins add the same action type."""


class PluginBroken(Exception):
    """A plugin cannot be used; the text says why."""


class Registry:
    """The action types that plugins add. `problems` holds one sentence for each plugin that was left out."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._providers: dict[ActionTypeId, ActionProvider] = {}
        self._plugins: dict[ActionTypeId, str] = {}

    def provider(self, action_type: ActionTypeId) -> ActionProvider | None:
        """Return who does actions of this type, if a plugin does."""
        return self._providers.get(action_type)

    def specs(self) -> tuple[ActionTypeSpec, ...]:
        """Return what the catalogue needs to know of every action type, sorted by id."""
        return tuple(spec_of(self._providers[each], each) for each in sorted(self._providers, key=str))

    def add(self, plugin_name: str, providers: Iterable[ActionProvider]) -> None:
        """Take a plugin's providers in. Raises DuplicateActionType."""
        for provider in providers:
            for action_type in (provider.action_type, *provider.also_accepted_as):
                if action_type in self._providers:
                    raise DuplicateActionType(
                        f"The plugins '{self._plugins[action_type]}' and '{plugin_name}' both add {action_type}. "
                        "Remove one of them."
                    )
                self._providers[action_type] = provider
                self._plugins[action_type] = plugin_name


def load_plugins(extra_modules: Iterable[str] = ()) -> Registry:
    """Load the plugins of the entry-point group and the named modules.

    A plugin that cannot be loaded is left out and named in `problems`.
    Raises: DuplicateActionType.
    """
    registry, manager = Registry(), pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    loaders: list[tuple[str, Callable[[], ModuleType]]] = [
        (point.name, point.load) for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda each: each.name)
    ]
    loaders += [(name, lambda name=name: importlib.import_module(name)) for name in extra_modules]  # type: ignore[misc]
    for name, load in loaders:
        try:
            providers = _providers_of(manager, name, load())
        except (Exception, SystemExit) as error:  # whatever a plugin may do while it is imported
            registry.problems.append(f"The plugin '{name}' was left out: {type(error).__name__}: {error}")
            continue
        registry.add(name, providers)
    return registry


def _providers_of(manager: pluggy.PluginManager, name: str, module: ModuleType) -> list[ActionProvider]:
    if manager.is_registered(module):
        return []  # named as an entry point and as a module
    others = set(manager.get_plugins())
    manager.register(module, name=name)
    answers = manager.subset_hook_caller("action_providers", remove_plugins=others)()
    providers = [provider for answer in answers for provider in answer]
    if not providers:
        raise PluginBroken("it adds no provider. Write a function action_providers and mark it with @hookimpl.")
    for provider in providers:
        _check(provider)
    return providers


def _check(provider: object) -> None:
    if not isinstance(provider, ActionProvider) or not isinstance(getattr(provider, "action_type", None), ActionTypeId):
        raise PluginBroken(f"{provider!r} is no ActionProvider with an action_type.")
    if len(provider.properties) > MOST_PROPERTIES:
        raise PluginBroken(f"{provider.action_type} has more than {MOST_PROPERTIES} properties.")
    names = [each.name for each in provider.properties]
    if len(set(names)) < len(names):
        raise PluginBroken(f"{provider.action_type} has two properties of one name.")
    for each in provider.properties:
        if each.queryable and (each.secret or not each.required):
            raise PluginBroken(f"Property '{each.name}' is queryable, so it must be required and not secret.")
    for least, most in (provider.input_artifacts, provider.output_artifacts):
        if not 0 <= least <= most:
            raise PluginBroken(f"{provider.action_type} has artifact numbers that contradict themselves.")


def spec_of(provider: ActionProvider, action_type: ActionTypeId | None = None) -> ActionTypeSpec:
    """Return what the catalogue needs to know of a provider, under one of its ids."""
    spec = ActionTypeSpec(
        id=provider.action_type,
        properties=provider.properties,
        input_artifacts=provider.input_artifacts,
        output_artifacts=provider.output_artifacts,
        timeout_seconds=provider.timeout_seconds,
        v2_only=provider.v2_only,
        declaration_members=provider.declaration_members,
        entity_url=provider.entity_url,
        execution_url=provider.execution_url,
        revision_url=provider.revision_url,
        performed_by=str(provider.performed_by),
        description=provider.description,
    )
    return replace(spec, id=action_type) if action_type else spec
