import os
import time
import tracemalloc
import zipfile

import pytest

from headrace_sdk.archive import ArchiveLimits, ArchiveRefused, check, extract, pack
from headrace_sdk.archive_names import matches

from .hostile_zips import HOSTILE, bomb, zipped


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_and_writes_nothing_outside(tmp_path, kind):
    path = tmp_path / "in" / "hostile.zip"
    path.parent.mkdir()
    path.write_bytes(HOSTILE[kind]())
    destination = tmp_path / "around" / "out"
    started = time.monotonic()
    with pytest.raises(ArchiveRefused) as refused:
        extract(path, destination)
    assert time.monotonic() - started < 2
    assert " " in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert {each.name for each in tmp_path.iterdir()} <= {"in", "around"}
    if destination.exists():
        assert [each.name for each in destination.parent.iterdir()] == ["out"]
        assert not any(each.is_symlink() for each in destination.rglob("*"))


def test_a_million_entries_are_refused_in_little_memory(tmp_path):
    path = tmp_path / "many.zip"
    path.write_bytes(HOSTILE["a million entries"]())
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused):
            check(path)
        assert tracemalloc.get_traced_memory()[1] < 10 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_missing_archive_is_refused(tmp_path):
    with pytest.raises(ArchiveRefused, match="missing"):
        extract(tmp_path / "none.zip", tmp_path / "out")


def test_a_link_that_waits_in_the_destination_is_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "a.zip").write_bytes(zipped(("folder/evil", b"x")))
    with pytest.raises(ArchiveRefused, match="link"):
        extract(tmp_path / "a.zip", tmp_path / "out")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ArchiveLimits(entries=1), "entries"),
        (ArchiveLimits(entry=10), "Entry 'a'"),
        (ArchiveLimits(unpacked=80), "unpacks to more"),
        (ArchiveLimits(packed=20), "bytes"),
        (ArchiveLimits(ratio=1, ratio_from=10), "grows"),
    ],
)
def test_each_limit_is_kept_and_named(tmp_path, limits, words):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(("a", b"x" * 60), ("b", b"x" * 60)))
    with pytest.raises(ArchiveRefused, match=words):
        extract(path, tmp_path / "out", limits)


def test_a_ratio_below_a_mebibyte_is_no_bomb(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(bomb(1024 * 1024))
    extract(path, tmp_path / "out")
    assert (tmp_path / "out" / "zeros").stat().st_size == 1024 * 1024


def test_what_is_packed_is_unpacked_with_its_names_contents_and_execute_bits(tmp_path):
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "bin" / "run.sh").write_text("echo hi")
    (source / "bin" / "run.sh").chmod(0o755)
    (source / "größe.txt").write_bytes(os.urandom(200_000))
    pack(source, tmp_path / "a.zip")
    extract(tmp_path / "a.zip", tmp_path / "out")
    assert (tmp_path / "out" / "größe.txt").read_bytes() == (source / "größe.txt").read_bytes()
    assert os.access(tmp_path / "out" / "bin" / "run.sh", os.X_OK)
    assert not os.access(tmp_path / "out" / "größe.txt", os.X_OK)


def test_archives_with_folders_streams_and_zip64_records_are_read(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("folder/", b"")
        with packed.open("folder/large", "w", force_zip64=True) as entry:
            entry.write(b"x" * 100)
    extract(path, tmp_path / "out")
    assert (tmp_path / "out" / "folder" / "large").read_bytes() == b"x" * 100


def test_an_archive_without_entries_is_an_empty_folder(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped())
    extract(tmp_path / "a.zip", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_same_files_make_the_same_archive(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a").write_text("a")
    pack(tmp_path / "source", tmp_path / "1.zip")
    os.utime(tmp_path / "source" / "a", (0, 0))
    pack(tmp_path / "source", tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


@pytest.mark.parametrize("kind", ["link", "link to a folder", "named pipe", "sparse giant"])
def test_only_files_are_packed(tmp_path, kind):
    (tmp_path / "secret").write_text("secret")
    source = tmp_path / "source"
    source.mkdir()
    match kind:
        case "link":
            (source / "odd").symlink_to(tmp_path / "secret")
        case "link to a folder":
            (source / "odd").symlink_to(tmp_path)
        case "named pipe":
            os.mkfifo(source / "odd")
        case "sparse giant":
            with (source / "odd").open("wb") as giant:
                giant.truncate(1024**4)
    with pytest.raises(ArchiveRefused, match="'odd'"):
        pack(source, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_link_that_no_pattern_asks_for_is_no_obstacle(tmp_path):
    source = tmp_path / "source"
    (source / "dist").mkdir(parents=True)
    (source / "dist" / "a.whl").write_text("wheel")
    (source / "python").symlink_to("/usr/bin/python3")
    pack(source, tmp_path / "a.zip", ["dist/*.whl"])
    assert [entry.name for entry in check(tmp_path / "a.zip")] == ["dist/a.whl"]


def test_patterns_that_match_nothing_are_refused_by_name(tmp_path):
    with pytest.raises(ArchiveRefused, match=r"No file matches dist/\*"):
        pack(tmp_path, tmp_path / "a.zip", ["dist/*"])


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b/c.txt", "**/*", True),
        ("c.txt", "**/*", True),
        ("a/b/c.txt", "a/*", False),
        ("a/b/c.txt", "a/**/*.txt", True),
        ("a/c.txt", "a/**/*.txt", True),
        ("a/b/c.txt", "./a/b/c.txt", True),
        ("a/b/c.txt", "a/?/c.*", True),
        ("a/b/c.txt", "*", False),
        ("target", "targe", False),
    ],
)
def test_patterns_match_as_written(path, pattern, expected):
    assert matches(path, [pattern]) is expected


def test_a_hostile_pattern_takes_no_time():
    started = time.monotonic()
    assert not matches("a" * 5000 + "/b" * 30, ["*a" * 50 + "c/" + "**/" * 30 + "x"])
    assert time.monotonic() - started < 0.5
