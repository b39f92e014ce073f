import os
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from apps.artifacts import services
from apps.artifacts.errors import UploadNotFound
from apps.artifacts.models import MultipartUpload
from apps.artifacts.services import Details, PartNamed
from apps.artifacts.tasks import sweep_orphans, sweep_uploads

from .making import make_account, put, read

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_old(path):
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def orphan(store):
    writer = store.create()
    writer.write(b"orphan")
    return writer.commit()


def test_old_bytes_that_belong_to_nothing_are_removed(store, files):
    account = make_account()
    put(account)
    upload = services.begin_upload(account, "acme", "k", details=Details())
    services.upload_part(upload, 1, BytesIO(b"part"))
    orphan(store)
    store.create().write(b"left behind")
    for path in files():
        make_old(path)
    assert sweep_orphans(timedelta(hours=1)) == 2
    assert len(files()) == 2
    assert read(account) == b"hello"
    assert sweep_orphans(timedelta(hours=1)) == 0


def test_young_bytes_are_left_alone_because_their_row_may_be_on_its_way(store, files):
    orphan(store)
    assert sweep_orphans(timedelta(hours=1)) == 0
    assert len(files()) == 1


def test_an_upload_that_nobody_completed_is_forgotten(store, files):
    account = make_account()
    old = services.begin_upload(account, "acme", "k", details=Details(), now=LONG_AGO)
    services.upload_part(old, 1, BytesIO(b"part"))
    young = services.begin_upload(account, "acme", "k", details=Details())
    assert sweep_uploads() == 1
    assert files() == []
    assert list(MultipartUpload.objects.for_account(account)) == [young]


def test_forgetting_a_completed_upload_keeps_its_object(store):
    account = make_account()
    upload = services.begin_upload(account, "acme", "web/build/a1.zip", details=Details(), now=LONG_AGO)
    part = services.upload_part(upload, 1, BytesIO(b"whole"))
    services.complete_upload(account, "acme", upload.key, upload.upload_id, [PartNamed(1, part.etag)])
    sweep_uploads()
    assert read(account) == b"whole"
    with pytest.raises(UploadNotFound):
        services.complete_upload(account, "acme", upload.key, upload.upload_id, [PartNamed(1, part.etag)])
