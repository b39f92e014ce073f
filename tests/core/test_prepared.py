"""Values are prepared as Django prepares them, for each field that we have."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F

from apps.core.prepared import writer

ID = UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
MOMENT = datetime(2026, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)
VALUES = [
    *(None, "", "ü\x00", "7", str(ID), b"bytes", True, False, 0, -1, 7, 2**40, 1.5, Decimal("1.50")),
    *({}, [], {"a": ["ü", None, 1.5]}, [1], (), "{}"),
    *(ID, MOMENT, MOMENT.replace(microsecond=0), MOMENT.astimezone(timezone(timedelta(hours=2)))),
]
FIELDS = [
    pytest.param(field, id=f"{model._meta.label}.{field.name}")
    for model in apps.get_models()
    if model.__module__.startswith("apps.")
    for field in model._meta.concrete_fields
]


def prepared(prepare, value):
    """Return the value with its type, or the type of the error."""
    try:
        result = prepare(value, connection)
    except Exception as error:  # whatever Django says of it, we must say too
        return type(error)
    return type(result), str(getattr(result, "obj", result))


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_is_prepared_as_django_prepares_it(field):
    write = writer(field, connection.vendor)
    for value in VALUES:
        assert prepared(write, value) == prepared(field.get_db_prep_save, value), value


def test_an_expression_is_left_to_django():
    field = apps.get_model("pipelines", "Pipeline")._meta.get_field("last_execution_number")
    expression = F("last_execution_number") + 1
    assert writer(field, connection.vendor)(expression, connection) is expression
