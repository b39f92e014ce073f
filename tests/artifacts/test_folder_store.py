"""The folder store, run against a real file system."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.artifacts.errors import ArtifactDamaged
from apps.artifacts.store import FolderStore

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def keep(store: FolderStore, data: bytes) -> str:
    writer = store.create()
    writer.write(data)
    return writer.commit()


def test_a_blob_is_read_back(tmp_path):
    store = FolderStore(tmp_path)
    blob = keep(store, b"hello world")
    assert store.open_read(blob).read() == b"hello world"
    assert store.open_read(blob, 6).read() == b"world"
    assert store.open_read(blob, 2, 3).read() == b"llo"
    assert store.open_read(blob, 2, 0).read() == b""


def test_a_blob_lies_in_two_levels_of_folders_and_nobody_else_reads_it(tmp_path):
    blob = keep(FolderStore(tmp_path), b"hello")
    path = tmp_path / "blobs" / blob
    assert path.is_file()
    assert blob == f"{path.name[:2]}/{path.name[2:4]}/{path.name}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_blob_is_not_there_before_it_is_whole(tmp_path):
    store = FolderStore(tmp_path)
    writer = store.create()
    writer.write(b"hello")
    assert not list((tmp_path / "blobs").rglob("*"))
    writer.discard()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_discarding_what_was_committed_keeps_it(tmp_path):
    store = FolderStore(tmp_path)
    writer = store.create()
    writer.write(b"hello")
    blob = writer.commit()
    writer.discard()
    assert store.open_read(blob).read() == b"hello"


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "ab/cd/../../x", "", "ab/cd/" + "e" * 32])
def test_a_name_that_no_store_made_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="not the name of a blob"):
        FolderStore(tmp_path).open_read(name)
    with pytest.raises(ValueError, match="not the name of a blob"):
        FolderStore(tmp_path).delete(name)


def test_deleting_twice_is_fine_and_reading_then_says_what_is_wrong(tmp_path):
    store = FolderStore(tmp_path)
    blob = keep(store, b"hello")
    store.delete(blob)
    store.delete(blob)
    with pytest.raises(ArtifactDamaged, match="gone from the store"):
        store.open_read(blob)


def test_names_gives_the_blobs_of_a_certain_age(tmp_path):
    store = FolderStore(tmp_path)
    old, young = keep(store, b"old"), keep(store, b"young")
    os.utime(tmp_path / "blobs" / old, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    os.utime(tmp_path / "blobs" / young, ((LONG_AGO + timedelta(days=2)).timestamp(),) * 2)
    assert list(store.names(older_than=LONG_AGO + timedelta(days=1))) == [old]


def test_what_a_dead_writer_left_is_swept_when_it_is_old(tmp_path):
    store = FolderStore(tmp_path)
    store.create().write(b"left behind")
    store.create().write(b"still on its way")
    left = min((tmp_path / "incoming").iterdir())
    os.utime(left, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    assert store.sweep_unfinished(older_than=LONG_AGO + timedelta(days=1)) == 1
    assert not left.exists()
    assert len(list((tmp_path / "incoming").iterdir())) == 1


FILL = """
import resource, sys
from pathlib import Path
from apps.artifacts.errors import StoreFull
from apps.artifacts.store import FolderStore
store = FolderStore(Path(sys.argv[1]))
small = store.create()
small.write(b"kept")
blob = small.commit()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
writer = store.create()
try:
    for _ in range(10):
        writer.write(bytes(50_000))
except StoreFull as error:
    print(error.message)
print(store.open_read(blob).read().decode())
"""


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path):
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", FILL, tmp_path], cwd=root, env=os.environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "The artifact store is full; nothing of this file was kept. Ask an operator to make room on its disk.",
        "kept",
    ]
    assert not list((tmp_path / "incoming").iterdir())


def test_bytes_and_their_name_are_forced_to_the_disk_in_that_order(tmp_path):
    """Watched from outside, by the system calls."""
    root = Path(__file__).resolve().parents[2]
    script = (
        "import sys; from pathlib import Path; from apps.artifacts.store import FolderStore;"
        "w = FolderStore(Path(sys.argv[1])).create(); w.write(b'x'); w.commit()"
    )
    try:
        ran = subprocess.run(
            ["strace", "-f", "-e", "trace=fsync,rename,renameat,renameat2", sys.executable, "-c", script, tmp_path],
            cwd=root,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    if ran.returncode:
        pytest.skip("strace may not trace here")
    calls = [line.split("(")[0].split()[-1] for line in ran.stderr.splitlines() if "fsync(" in line or "rename" in line]
    renames = [place for place, call in enumerate(calls) if call.startswith("rename")]
    assert len(renames) == 1
    assert calls[: renames[0]].count("fsync") >= 1
    assert calls[renames[0] + 1 :] == ["fsync"]
