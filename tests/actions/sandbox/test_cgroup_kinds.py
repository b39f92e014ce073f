"""Control groups in folders that look like the kernel's; the sandbox tests try those of this machine in earnest."""

from pathlib import Path

import pytest

from apps.actions.sandbox import Limits, Reason
from apps.actions.sandbox.cgroup_kinds import make_version_1, make_version_2
from apps.actions.sandbox.cgroups import Mounts, NoCgroups, candidates

LIMITS = Limits(memory_bytes=1000, processes=7, cpu_share=50)


def version_1(top):
    controllers = {name: (top / name, "/") for name in ("memory", "pids", "cpu", "cpuacct")}
    return make_version_1(Mounts(controllers, None), "tag", LIMITS)


def version_2(top):
    return make_version_2([top], "tag", LIMITS)


def written(folder):
    return {path.name: path.read_text().strip() for path in folder.iterdir() if path.is_file()}


def test_version_2_limits_stand_in_one_folder(tmp_path):
    group = version_2(tmp_path)
    assert group.folders == (tmp_path / "headrace" / "tag",)
    assert written(group.folders[0]) == {
        "memory.max": "1000",
        "memory.oom.group": "1",
        "pids.max": "7",
        "cpu.max": "50000 100000",
    }


def test_version_2_hands_the_controllers_down(tmp_path):
    version_2(tmp_path)
    for folder in (tmp_path, tmp_path / "headrace"):
        assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids +cpu\n"


def test_version_1_limits_stand_in_a_folder_per_controller(tmp_path):
    version_1(tmp_path)
    assert written(tmp_path / "memory/headrace/tag") == {"memory.limit_in_bytes": "1000"}
    assert written(tmp_path / "pids/headrace/tag") == {"pids.max": "7"}
    assert written(tmp_path / "cpu/headrace/tag") == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}


def test_no_share_of_the_cpu_means_all_of_it(tmp_path):
    make_version_2([tmp_path], "tag", Limits(cpu_share=None))
    assert written(tmp_path / "headrace/tag")["cpu.max"] == "max 100000"


@pytest.mark.parametrize(
    ("make", "file", "text", "expected"),
    [
        (version_2, "headrace/tag/memory.events", "oom 1\noom_kill 1\n", Reason.MEMORY),
        (version_2, "headrace/tag/memory.events", "oom 0\noom_kill 0\n", Reason.NONE),
        (version_2, "headrace/tag/pids.events", "max 3\n", Reason.PROCESSES),
        (version_1, "memory/headrace/tag/memory.oom_control", "under_oom 0\noom_kill 2\n", Reason.MEMORY),
        (version_1, "pids/headrace/tag/pids.events", "max 3\n", Reason.PROCESSES),
        (version_1, "pids/headrace/tag/pids.events", "max 0\n", Reason.NONE),
    ],
)
def test_what_the_kernel_enforced_is_told(tmp_path, make, file, text, expected):
    group = make(tmp_path)
    (tmp_path / file).write_text(text)
    assert group.breach() is expected


def test_version_2_tells_what_was_used(tmp_path):
    group = version_2(tmp_path)
    (group.folders[0] / "memory.peak").write_text("900\n")
    (group.folders[0] / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 0\n")
    assert (group.usage().peak_memory_bytes, group.usage().cpu_seconds) == (900, 1.5)


def test_version_1_tells_what_was_used(tmp_path):
    group = version_1(tmp_path)
    (tmp_path / "memory/headrace/tag/memory.max_usage_in_bytes").write_text("900\n")
    (tmp_path / "cpuacct/headrace/tag/cpuacct.usage").write_text("2500000000\n")
    assert (group.usage().peak_memory_bytes, group.usage().cpu_seconds) == (900, 2.5)


def test_kernels_that_do_not_tell_the_peak_leave_it_open(tmp_path):
    assert version_2(tmp_path).usage().peak_memory_bytes is None


def test_where_nothing_can_be_made_there_are_no_groups(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NoCgroups, match="not writable"):
        make_version_2([tmp_path / "file"], "tag", LIMITS)


def test_a_delegated_group_is_found_where_the_top_is_closed(tmp_path):
    (tmp_path / "closed").touch()
    group = make_version_2([tmp_path / "closed", tmp_path], "tag", LIMITS)
    assert group.folders == (tmp_path / "headrace" / "tag",)


def test_the_top_is_tried_first_then_our_own_then_the_one_above():
    assert candidates(Path("/c"), "/a/b") == [Path("/c"), Path("/c/a/b"), Path("/c/a")]
    assert candidates(Path("/c"), "/") == [Path("/c")]
