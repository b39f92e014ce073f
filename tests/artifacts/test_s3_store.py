"""The S3 store, against moto's server on loopback."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from apps.artifacts.errors import ArtifactDamaged
from apps.artifacts.store import store_at
from apps.artifacts.store.remote import PART_BYTES, S3Store
from apps.core import clock


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint, monkeypatch, tmp_path) -> S3Store:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    bucket = tmp_path.name.replace("_", "-").lower()[:60]
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return S3Store.from_address(f"s3://{bucket}/kept/here?endpoint={endpoint}&region=us-east-1")


def keep(store: S3Store, *pieces: bytes) -> str:
    writer = store.create()
    for piece in pieces:
        writer.write(piece)
    return writer.commit()


def test_a_small_blob_is_read_back_whole_and_in_part(store):
    blob = keep(store, b"hello ", b"world")
    assert store.open_read(blob).read() == b"hello world"
    assert store.open_read(blob, 6).read() == b"world"
    assert store.open_read(blob, 2, 3).read() == b"llo"
    assert store.open_read(blob, 2, 0).read() == b""


def test_an_empty_blob_is_read_back(store):
    assert store.open_read(keep(store)).read() == b""


def test_a_blob_of_several_parts_is_read_back(store):
    data = bytes(range(256)) * 4096 * 20
    assert len(data) > 2 * PART_BYTES
    assert store.open_read(keep(store, data[:1000], data[1000:])).read() == data


def test_a_discarded_blob_leaves_nothing(store):
    writer = store.create()
    writer.write(bytes(PART_BYTES + 1))
    writer.discard()
    assert list(store.names(older_than=clock.now() + timedelta(days=1))) == []
    assert store.sweep_unfinished(older_than=clock.now() + timedelta(days=1)) == 0


def test_what_a_dead_writer_left_is_swept(store):
    store.create().write(bytes(PART_BYTES + 1))
    assert store.sweep_unfinished(older_than=datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert store.sweep_unfinished(older_than=clock.now() + timedelta(days=1)) == 1
    assert store.sweep_unfinished(older_than=clock.now() + timedelta(days=1)) == 0


def test_names_gives_the_blobs_without_the_prefix(store):
    blobs = {keep(store, b"one"), keep(store, b"two")}
    assert set(store.names(older_than=clock.now() + timedelta(days=1))) == blobs
    assert set(store.names(older_than=clock.now() - timedelta(days=1))) == set()


def test_a_deleted_blob_is_gone(store):
    blob = keep(store, b"hello")
    store.delete(blob)
    store.delete(blob)
    with pytest.raises(ArtifactDamaged, match="gone from the store"):
        store.open_read(blob)


def test_the_setting_names_the_store(store, tmp_path):
    assert isinstance(store_at("s3://bucket/prefix?endpoint=http://127.0.0.1:1&region=us-east-1", tmp_path), S3Store)


@pytest.mark.parametrize("address", ["ftp://x", "", "s3://", "s3://bucket?endpiont=http://127.0.0.1"])
def test_an_address_that_names_no_store_is_refused(address, tmp_path):
    with pytest.raises(ValueError, match="s3://bucket"):
        store_at(address, tmp_path)
