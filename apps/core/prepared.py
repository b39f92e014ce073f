"""Values on their way into the database, as Django prepares them, without its way through the field for most of them.

A field asks itself, its parents and the database for each value what becomes of it; of text and truth values nothing
does, nor of numbers with SQLite and of ids and moments with PostgreSQL. A result of a job writes some hundred values
while others wait for their turn to write.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import models

AS_IT_IS: dict[type, type] = {models.CharField: str, models.TextField: str, models.BooleanField: bool}
NUMBERS = (
    models.AutoField,
    models.BigAutoField,
    models.BigIntegerField,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.SmallIntegerField,
)
KINDS: dict[str, dict[type, type]] = {
    "sqlite": AS_IT_IS | dict.fromkeys(NUMBERS, int),
    "postgresql": AS_IT_IS | {models.UUIDField: UUID},
}


def writer(field: Any, vendor: str) -> Callable[[Any, Any], Any]:
    """Return what prepares a field's values: a function of the value and of the database.

    It returns what `field.get_db_prep_save` returns. Fields of other classes than Django's own are asked always.
    """
    target = type(field.target_field if isinstance(field, models.ForeignKey) else field)
    ask = field.get_db_prep_save
    own = OWN[vendor].get(target)
    if own is not None:
        return lambda value, database: None if value is None else own(value, ask, database)
    kind = KINDS[vendor].get(target)
    if kind is None:
        return lambda value, database: ask(value, database)
    return lambda value, database: value if type(value) is kind or value is None else ask(value, database)


def _moment(value: Any, ask: Callable, database: Any) -> Any:
    if type(value) is datetime and value.tzinfo is UTC:
        return value.isoformat(" ")[:-6]
    return ask(value, database)


def _uuid(value: Any, ask: Callable, database: Any) -> Any:
    return value.hex if type(value) is UUID else ask(value, database)


def _document(value: Any, ask: Callable, database: Any) -> Any:
    if type(value) in (dict, list) and not value:
        return "{}" if type(value) is dict else "[]"
    return ask(value, database)


def _same_moment(value: Any, ask: Callable, database: Any) -> Any:
    return value if type(value) is datetime and value.tzinfo is UTC else ask(value, database)


OWN: dict[str, dict[type, Callable]] = {
    "sqlite": {models.DateTimeField: _moment, models.UUIDField: _uuid, models.JSONField: _document},
    "postgresql": {models.DateTimeField: _same_moment},
}
