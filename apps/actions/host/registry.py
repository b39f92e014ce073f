"""Finds the plugins and knows which provider stands for which type of action or rule."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from types import ModuleType

import pluggy

from apps.actions.types import ActionTypeSpec
from headrace_sdk import ActionProvider, ActionTypeId, Provider, RuleProvider, hookspecs

ENTRY_POINT_GROUP = "headrace.plugins"
MOST_PROPERTIES = 10  # CodePipeline API Reference, CreateCustomActionType


class DuplicateActionType(Exception):
    """Two plugins add the same type of action or rule."""


class PluginBroken(Exception):
    """A plugin cannot be used; the text says why."""


class Registry:
    """What plugins add, actions and rules. `problems` holds one sentence for each plugin that was left out."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._providers: dict[ActionTypeId, Provider] = {}
        self._plugins: dict[ActionTypeId, str] = {}

    def provider(self, type_id: ActionTypeId) -> Provider | None:
        """Return who does actions or rules of this type, if a plugin does."""
        return self._providers.get(type_id)

    def specs(self) -> tuple[ActionTypeSpec, ...]:
        """Return what the catalogue needs to know of every action type, sorted by id."""
        return self._specs(ActionProvider)

    def rule_specs(self) -> tuple[ActionTypeSpec, ...]:
        """Return what the catalogue needs to know of every rule type, sorted by id."""
        return self._specs(RuleProvider)

    def _specs(self, kind: type[Provider]) -> tuple[ActionTypeSpec, ...]:
        chosen = sorted((each for each, by in self._providers.items() if isinstance(by, kind)), key=str)
        return tuple(spec_of(self._providers[each], each) for each in chosen)

    def add(self, plugin_name: str, providers: Iterable[Provider]) -> None:
        """Take a plugin's providers in. Raises DuplicateActionType."""
        for provider in providers:
            for type_id in (provider.type_id, *getattr(provider, "also_accepted_as", ())):
                if type_id in self._providers:
                    raise DuplicateActionType(
                        f"The plugins '{self._plugins[type_id]}' and '{plugin_name}' both add {type_id}. "
                        "Remove one of them."
                    )
                self._providers[type_id] = provider
                self._plugins[type_id] = plugin_name


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


def _providers_of(manager: pluggy.PluginManager, name: str, module: ModuleType) -> list[Provider]:
    if manager.is_registered(module):
        return []  # named as an entry point and as a module
    others = set(manager.get_plugins())
    manager.register(module, name=name)
    providers: list[Provider] = []
    for hook, check in (("action_providers", _check_action), ("rule_providers", _check_rule)):
        for answer in manager.subset_hook_caller(hook, remove_plugins=others)():
            for provider in answer:
                check(provider)
                providers.append(provider)
    if not providers:
        raise PluginBroken(
            "it adds no provider. Write a function action_providers or rule_providers and mark it with @hookimpl."
        )
    return providers


def _check_action(provider: object) -> None:
    if not isinstance(provider, ActionProvider) or not isinstance(getattr(provider, "action_type", None), ActionTypeId):
        raise PluginBroken(f"{provider!r} is no ActionProvider with an action_type.")
    if provider.action_type.category == "Rule":
        raise PluginBroken(f"{provider.action_type} is an ActionProvider. A rule is a RuleProvider.")
    _check(provider)
    _check_bounds(provider, provider.output_artifacts)


def _check_rule(provider: object) -> None:
    if not isinstance(provider, RuleProvider) or not isinstance(getattr(provider, "rule_type", None), ActionTypeId):
        raise PluginBroken(f"{provider!r} is no RuleProvider with a rule_type.")
    named = provider.rule_type
    if (named.category, named.owner, named.version) != ("Rule", "AWS", "1"):
        raise PluginBroken(f"{named} is no id of a rule: conditions can name Rule/AWS/<provider>/1 only.")
    _check(provider)


def _check(provider: Provider) -> None:
    if len(provider.properties) > MOST_PROPERTIES:
        raise PluginBroken(f"{provider.type_id} has more than {MOST_PROPERTIES} properties.")
    names = [each.name for each in provider.properties]
    if len(set(names)) < len(names):
        raise PluginBroken(f"{provider.type_id} has two properties of one name.")
    for each in provider.properties:
        if each.queryable and (each.secret or not each.required):
            raise PluginBroken(f"Property '{each.name}' is queryable, so it must be required and not secret.")
    _check_bounds(provider, provider.input_artifacts)


def _check_bounds(provider: Provider, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if not 0 <= least <= most:
        raise PluginBroken(f"{provider.type_id} has artifact numbers that contradict themselves.")


def spec_of(provider: Provider, type_id: ActionTypeId) -> ActionTypeSpec:
    """Return what the catalogue needs to know of a provider, under one of its ids."""
    spec = ActionTypeSpec(
        id=type_id,
        properties=provider.properties,
        input_artifacts=provider.input_artifacts,
        timeout_seconds=provider.timeout_seconds,
        declaration_members=provider.declaration_members,
        entity_url=provider.entity_url,
        execution_url=provider.execution_url,
        revision_url=provider.revision_url,
        description=provider.description,
    )
    if not isinstance(provider, ActionProvider):
        return spec
    return replace(
        spec,
        output_artifacts=provider.output_artifacts,
        v2_only=provider.v2_only,
        performed_by=str(provider.performed_by),
    )
