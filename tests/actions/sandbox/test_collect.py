import os
import socket
import stat
import zipfile

import pytest

from apps.actions.sandbox import CollectLimits, CollectRefused, collect


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "w"
    (root / "dist" / "deep").mkdir(parents=True)
    (root / "dist" / "b.txt").write_text("bee")
    (root / "dist" / "a.sh").write_text("#!/bin/sh\n")
    (root / "dist" / "a.sh").chmod(0o700)
    (root / "dist" / "deep" / "c.txt").write_text("sea")
    (root / "other.txt").write_text("other")
    return root


def contents(path):
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_matching_files_are_packed_in_order(tree, tmp_path):
    names = collect(tree, ["dist/**/*"], tmp_path / "out.zip")
    assert names == ["dist/a.sh", "dist/b.txt", "dist/deep/c.txt"]
    assert contents(tmp_path / "out.zip") == {
        "dist/a.sh": b"#!/bin/sh\n",
        "dist/b.txt": b"bee",
        "dist/deep/c.txt": b"sea",
    }


def test_the_same_files_give_the_same_bytes(tree, tmp_path):
    collect(tree, ["**/*"], tmp_path / "one.zip")
    os.utime(tree / "other.txt", (1, 1))
    collect(tree, ["**/*"], tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_only_that_a_file_can_be_executed_is_kept_of_its_mode(tree, tmp_path):
    (tree / "other.txt").chmod(0o4666)
    collect(tree, ["dist/a.sh", "other.txt"], tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        modes = {entry.filename: stat.filemode(entry.external_attr >> 16) for entry in packed.infolist()}
    assert modes == {"dist/a.sh": "-rwxr-xr-x", "other.txt": "-rw-r--r--"}


def test_without_a_match_the_zip_is_empty(tree, tmp_path):
    assert collect(tree, ["nothing/*"], tmp_path / "out.zip") == []
    assert contents(tmp_path / "out.zip") == {}


@pytest.mark.parametrize("target", ["../../secret", "/etc/passwd", "dist/../../secret", "up/../secret"])
def test_a_link_that_leads_out_is_refused_and_nothing_is_kept(tree, tmp_path, target):
    (tmp_path / "secret").write_text("secret")
    (tree / "up").symlink_to("..")
    (tree / "dist" / "link").symlink_to(target)
    with pytest.raises(CollectRefused, match="'dist/link' is a link"):
        collect(tree, ["dist/*"], tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()
    assert not (tmp_path / "out.zip.part").exists()


def test_a_link_to_a_file_beside_it_is_packed_as_that_file(tree, tmp_path):
    (tree / "dist" / "latest").symlink_to("../dist/deep/../b.txt")
    collect(tree, ["dist/latest"], tmp_path / "out.zip")
    assert contents(tmp_path / "out.zip") == {"dist/latest": b"bee"}


def test_a_link_to_a_folder_below_is_left_out(tree, tmp_path):
    (tree / "lib64").symlink_to("dist")
    assert collect(tree, ["lib64", "other.txt"], tmp_path / "out.zip") == ["other.txt"]


def test_a_folder_that_is_a_link_is_not_entered(tree, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("secret")
    (tree / "way").symlink_to(tmp_path / "elsewhere")
    assert collect(tree, ["way/secret"], tmp_path / "out.zip") == []


@pytest.mark.parametrize("chain", [("a", "b"), ("a", "a")])
def test_links_that_go_round_are_refused(tree, tmp_path, chain):
    (tree / chain[0]).symlink_to(chain[1])
    if chain[0] != chain[1]:
        (tree / chain[1]).symlink_to(chain[0])
    with pytest.raises(CollectRefused):
        collect(tree, ["a"], tmp_path / "out.zip")


def test_a_link_to_nothing_is_refused(tree, tmp_path):
    (tree / "gone").symlink_to("nowhere")
    with pytest.raises(CollectRefused, match="does not exist"):
        collect(tree, ["gone"], tmp_path / "out.zip")


def test_a_named_pipe_is_refused_without_waiting_for_its_other_end(tree, tmp_path):
    os.mkfifo(tree / "pipe")
    with pytest.raises(CollectRefused, match="'pipe' is a named pipe"):
        collect(tree, ["*"], tmp_path / "out.zip")


def test_a_link_to_a_named_pipe_is_refused(tree, tmp_path):
    os.mkfifo(tree / "pipe")
    (tree / "dist" / "link").symlink_to("../pipe")
    with pytest.raises(CollectRefused, match="named pipe"):
        collect(tree, ["dist/link"], tmp_path / "out.zip")


def test_a_socket_is_refused(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tree)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(CollectRefused, match="'socket' is a socket"):
            collect(tree, ["*"], tmp_path / "out.zip")


def test_a_sparse_giant_is_refused_before_it_is_read(tree, tmp_path):
    with (tree / "giant").open("wb") as file:
        file.truncate(1024**4)
    with pytest.raises(CollectRefused, match="'giant' has 1099511627776 bytes"):
        collect(tree, ["giant"], tmp_path / "out.zip")


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        (CollectLimits(entries=2), "More than 2 files"),
        (CollectLimits(entry_bytes=4), "'dist/a.sh' has 10 bytes"),
        (CollectLimits(total_bytes=12), "'dist/b.txt' has 3 bytes"),
        (CollectLimits(path_bytes=10), "more than 10 bytes"),
        (CollectLimits(depth=2), "'dist/deep' lies too deep"),
    ],
)
def test_too_much_of_anything_is_refused(tree, tmp_path, limits, named):
    with pytest.raises(CollectRefused, match=named):
        collect(tree, ["**/*"], tmp_path / "out.zip", limits)


def test_a_name_that_is_no_text_is_refused(tree, tmp_path):
    (tree / os.fsdecode(b"caf\xe9")).write_text("x")
    with pytest.raises(CollectRefused, match="UTF-8"):
        collect(tree, ["*"], tmp_path / "out.zip")


def test_a_refusal_shows_no_control_characters(tree, tmp_path):
    os.mkfifo(tree / "a\x1b[2Jb\u202e")
    with pytest.raises(CollectRefused) as refused:
        collect(tree, ["*"], tmp_path / "out.zip")
    assert refused.value.message.isprintable()
