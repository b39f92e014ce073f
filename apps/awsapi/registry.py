"""Which function answers which operation. A new operation is one function in one module of `operations/`."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from apps.awsapi.caller import Caller
from apps.awsapi.shapes import OPERATIONS

Answer = dict[str, Any] | None
Function = Callable[[Caller, dict[str, Any]], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation of the wire API. `retry_safe`: may run again when the database connection broke under it.

    `tells_rows_alone`: as long as no row changes and the caller may call it, its answer to a request stays the same.
    `changes_in_place`: whoever does a pipeline's work waits for it; it takes some milliseconds.
    """

    name: str
    run: Function
    retry_safe: bool = False
    tells_rows_alone: bool = False
    changes_in_place: bool = False


_registered: dict[str, Operation] = {}


READS = ("Get", "List")  # such operations change nothing, so they may run again


def operation(
    name: str, *, tells_rows_alone: bool = False, changes_in_place: bool = False
) -> Callable[[Function], Function]:
    """Register the function below as the answer to an operation of the service model.

    The function gets the caller and the checked request, and returns the result in the model's members, or None.
    Raises ValueError, while it is imported, for a name that the model lacks or that is taken.
    """

    def register(function: Function) -> Function:
        if name not in OPERATIONS:
            raise ValueError(f"The service model has no operation '{name}'. Check the spelling of @operation.")
        if name in _registered:
            taken = _registered[name].run
            raise ValueError(f"Operation '{name}' is answered by {taken.__module__}.{taken.__qualname__} already.")
        _registered[name] = Operation(name, function, name.startswith(READS), tells_rows_alone, changes_in_place)
        return function

    return register


def discover() -> Mapping[str, Operation]:
    """Import every module of `operations/` and return what they registered, by operation name."""
    from apps.awsapi import operations

    for module in pkgutil.iter_modules(operations.__path__, f"{operations.__name__}."):
        import_module(module.name)
    return MappingProxyType(_registered)
