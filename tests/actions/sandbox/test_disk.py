import os

import pytest

from apps.actions.sandbox import Limits
from apps.actions.sandbox.disk import PREFIX, excess, sweep, work_folder
from tests.actions.sandbox.boxes import MIB

DEAD_TAG = "4194303-1-abc"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(), ""),
        (Limits(disk_bytes=MIB), "too many bytes"),
        (Limits(inodes=2), "too many files"),
    ],
)
def test_what_is_beyond_the_limits_is_found(tmp_path, limits, expected):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(bytes(2 * MIB))
    (tmp_path / "c").touch()
    assert excess(tmp_path, limits) == expected


def test_a_sparse_file_counts_what_it_takes(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1024**4)
    assert excess(tmp_path, Limits()) == ""


def test_links_are_not_followed(tmp_path):
    (tmp_path / "root").symlink_to("/")
    assert excess(tmp_path, Limits(inodes=5)) == ""


def test_a_tree_deeper_than_paths_go_is_beyond_the_limits(tmp_path):
    make_deep_tree(tmp_path)
    assert excess(tmp_path, Limits()) == "folders nested too deep"


def test_a_work_folder_goes_with_whatever_is_in_it(tmp_path):
    with work_folder(tmp_path, Limits()) as folder:
        make_deep_tree(folder)
    assert list(tmp_path.iterdir()) == []


def test_work_folders_of_dead_processes_are_swept(tmp_path):
    (tmp_path / f"{PREFIX}{DEAD_TAG}").mkdir()
    (tmp_path / f"{PREFIX}{DEAD_TAG}.img").touch()
    (tmp_path / "work-of-somebody-else").mkdir()
    with work_folder(tmp_path, Limits()) as folder:
        assert sweep(tmp_path) == 1
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["work-of-somebody-else"]


def make_deep_tree(folder):
    at = os.open(folder, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=at)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
