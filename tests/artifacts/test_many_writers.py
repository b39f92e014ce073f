"""Writers of the same object at the same moment. SQLite lets one transaction in at a time, PostgreSQL all of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.artifacts.models import StoredObject

from .making import make_account, put, read

WRITERS, EACH = 8, 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_every_writer_gets_a_version_and_one_is_the_latest(store):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    account = make_account()

    def write(number: int) -> None:
        try:
            for turn in range(EACH):
                put(account, data=f"{number}/{turn}".encode())
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    versions = StoredObject.objects.for_account(account)
    assert versions.count() == WRITERS * EACH
    latest = versions.get(is_latest=True)
    assert read(account) == read(account, version_id=latest.version_id)
