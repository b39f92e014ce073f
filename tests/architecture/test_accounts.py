"""Every row that belongs to an account is read through `for_account()`."""

import pytest
from django.apps import apps
from django.db import models

OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def belongs_to_an_account(model: type[models.Model]) -> bool:
    return any(field.name == "account" for field in model._meta.get_fields() if not field.auto_created)


def test_there_are_models_to_guard():
    assert any(belongs_to_an_account(model) for model in OURS)


@pytest.mark.parametrize(
    "model", [model for model in OURS if belongs_to_an_account(model)], ids=lambda model: model.__name__
)
def test_a_model_with_an_account_is_read_for_an_account(model):
    assert callable(getattr(model._default_manager, "for_account", None))
