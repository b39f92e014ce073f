import os

import pytest

from apps.artifacts import services
from apps.artifacts.errors import ArtifactDamaged, NotAFile, ObjectNotFound, ObjectTooLarge
from apps.artifacts.models import StoredObject

from .making import make_account, put, read

pytestmark = pytest.mark.django_db
KEY = "web/build/a1.zip"


def test_a_file_is_kept_and_stays_where_it_is(store, tmp_path):
    account, path = make_account(), tmp_path / "out.zip"
    path.write_bytes(b"zip")
    stored = services.ingest_file(account, "acme", KEY, path)
    assert read(account) == b"zip"
    assert stored.content_type == "application/zip"
    assert path.read_bytes() == b"zip"


def test_changing_the_file_afterwards_does_not_change_the_artifact(store, tmp_path):
    account, path = make_account(), tmp_path / "out.zip"
    path.write_bytes(b"zip")
    services.ingest_file(account, "acme", KEY, path)
    path.write_bytes(b"bad")
    assert read(account) == b"zip"


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/hostname"),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: None,
    ],
    ids=["link", "pipe", "folder", "nothing"],
)
def test_what_is_no_file_is_refused(store, files, tmp_path, make):
    account = make_account()
    make(tmp_path / "out.zip")
    with pytest.raises(NotAFile, match=r"out\.zip"):
        services.ingest_file(account, "acme", KEY, tmp_path / "out.zip")
    assert files() == []
    assert not StoredObject.objects.for_account(account).exists()


def test_a_sparse_giant_is_refused_unread(store, tmp_path):
    with (tmp_path / "out.zip").open("wb") as file:
        file.truncate(1024**4)
    with pytest.raises(ObjectTooLarge, match="1099511627776 bytes"):
        services.ingest_file(make_account(), "acme", KEY, tmp_path / "out.zip")


def test_an_artifact_is_fetched_to_a_file_of_its_own(store, files, tmp_path):
    account = make_account()
    put(account, data=b"hello")
    stored = services.fetch_to(account, "acme", KEY, tmp_path / "in.zip")
    assert (tmp_path / "in.zip").read_bytes() == b"hello"
    assert stored.size == 5
    (tmp_path / "in.zip").write_bytes(b"changed by a job")
    assert read(account) == b"hello"


def test_a_damaged_artifact_leaves_no_file(store, files, tmp_path):
    account = make_account()
    put(account, data=b"hello")
    files()[0].chmod(0o600)
    files()[0].write_bytes(b"hallo")
    with pytest.raises(ArtifactDamaged):
        services.fetch_to(account, "acme", KEY, tmp_path / "in.zip")
    assert not (tmp_path / "in.zip").exists()


def test_an_artifact_of_another_account_is_not_fetched(store, tmp_path):
    put(make_account())
    with pytest.raises(ObjectNotFound):
        services.fetch_to(make_account("Umbrella"), "acme", KEY, tmp_path / "in.zip")
    assert not (tmp_path / "in.zip").exists()


def test_a_file_that_is_there_already_is_not_written_over(store, tmp_path):
    account = make_account()
    put(account)
    (tmp_path / "in.zip").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        services.fetch_to(account, "acme", KEY, tmp_path / "in.zip")
    assert (tmp_path / "in.zip").read_bytes() == b"mine"
