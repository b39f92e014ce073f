"""Our cursor converts what Django's converts; it only remembers."""

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from apps.core.sqlite3.base import Cursor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's"),
]


@pytest.mark.parametrize("text", ["SELECT %s", "SELECT '100%%' || %s, %s", "SELECT 1", "SELECT '%%s'"])
def test_texts_are_converted_as_django_does(text):
    theirs = SQLiteCursorWrapper.convert_query(None, text)
    assert [Cursor.convert_query(None, text) for _ in range(2)] == [theirs, theirs]


def test_parameters_by_place_and_by_name_arrive():
    with connection.cursor() as cursor:
        for number in (1, 2):
            assert cursor.execute("SELECT '5%%', %s", [number]).fetchone() == ("5%", number)
            assert cursor.execute("SELECT '5%%', %(number)s", {"number": number}).fetchone() == ("5%", number)
