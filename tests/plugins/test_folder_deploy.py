import errno
import threading

import pytest

from headrace_sdk.testing import MemoryArtifacts, ProviderContract, make_request, run_action
from plugins.folder_deploy.plugin import FolderDeploy

ACCOUNT = "111122223333"


class TestContract(ProviderContract):
    provider = FolderDeploy()
    configuration = {"TargetName": "site"}

    def request_fields(self, folder):
        return {"host": {"deploy_root": str(folder / "deploy")}}


def deploy(tmp_path, token, text="hello", **fields):
    folder = tmp_path / f"attempt-{token}"
    folder.mkdir(exist_ok=True)
    artifacts = MemoryArtifacts(folder)
    artifacts.add_input("Site", {"index.html": text.encode()})
    configuration = {"TargetName": "site", **fields.pop("configuration", {})}
    host = {"deploy_root": str(tmp_path / "deploy")}
    request = make_request(folder, configuration, artifacts=artifacts, token=token, **{"host": host, **fields})
    return run_action(FolderDeploy(), request).result


def target(tmp_path):
    return tmp_path / "deploy" / ACCOUNT / "site"


def releases(tmp_path):
    return sorted(each.name for each in (target(tmp_path) / "releases").iterdir())


def test_a_release_is_unpacked_and_becomes_current(tmp_path):
    assert deploy(tmp_path, "t1").summary == "Release 1 is in 'site'."
    assert (target(tmp_path) / "current").readlink().as_posix() == "releases/000001-t1"
    assert (target(tmp_path) / "current" / "index.html").read_text() == "hello"


def test_the_same_token_deploys_once(tmp_path):
    first, second = deploy(tmp_path, "t1", "one"), deploy(tmp_path, "t1", "other")
    assert first.external_id == second.external_id
    assert (target(tmp_path) / "current" / "index.html").read_text() == "one"
    assert releases(tmp_path) == ["000001-t1"]


def test_a_repeated_start_does_not_take_back_a_newer_release(tmp_path):
    deploy(tmp_path, "t1", "one")
    deploy(tmp_path, "t2", "two")
    deploy(tmp_path, "t1", "one")
    assert (target(tmp_path) / "current" / "index.html").read_text() == "two"


def test_a_start_that_was_killed_between_unpacking_and_switching_is_finished(tmp_path):
    deploy(tmp_path, "t1", "one")
    (target(tmp_path) / "current").unlink()
    deploy(tmp_path, "t1", "one")
    assert (target(tmp_path) / "current" / "index.html").read_text() == "one"


def test_what_a_killed_start_left_is_cleared_away(tmp_path):
    left = target(tmp_path) / "releases" / ".t1"
    left.mkdir(parents=True)
    (left / "index.html").write_text("half")
    (target(tmp_path) / ".current").symlink_to("nowhere")
    deploy(tmp_path, "t1", "whole")
    assert (target(tmp_path) / "current" / "index.html").read_text() == "whole"
    assert releases(tmp_path) == ["000001-t1"]


def test_only_the_newest_releases_stay(tmp_path):
    for number in range(4):
        deploy(tmp_path, f"t{number}", configuration={"Keep": "2"})
    assert releases(tmp_path) == ["000003-t2", "000004-t3"]


def test_five_releases_stay_by_default(tmp_path):
    for number in range(7):
        deploy(tmp_path, f"t{number}")
    assert len(releases(tmp_path)) == 5


def test_current_is_never_missing_while_releases_change(tmp_path):
    """All releases stay: a reader that a busy machine keeps waiting for longer than some deployments take has found one
    by `current` and opens it only after that.
    """
    kept = {"Keep": "30"}
    deploy(tmp_path, "t0", configuration=kept)
    page, missing, done = target(tmp_path) / "current" / "index.html", [], threading.Event()

    def read():
        while not done.is_set():
            try:
                page.read_text()
            except OSError as error:
                missing.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 30):
        deploy(tmp_path, f"t{number}", configuration=kept)
    done.set()
    reader.join()
    assert missing == []


def test_deployments_at_once_get_numbers_of_their_own(tmp_path):
    threads = [threading.Thread(target=deploy, args=(tmp_path, f"t{number}")) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [name[:6] for name in releases(tmp_path)] == [f"{number:06d}" for number in range(1, 6)]


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "a/b", "", "a b", "x" * 101, "../../etc", "a\0b", "é"])
def test_a_target_that_is_no_plain_name_is_refused(tmp_path, name):
    assert deploy(tmp_path, "t1", configuration={"TargetName": name}).code == "ConfigurationError"
    assert not (tmp_path / "deploy").exists()


@pytest.mark.parametrize("keep", ["0", "-1", "many", "101", "1.5", "²"])
def test_a_number_to_keep_that_makes_no_sense_is_refused(tmp_path, keep):
    assert deploy(tmp_path, "t1", configuration={"Keep": keep}).code == "ConfigurationError"


def test_another_account_with_the_same_target_has_a_folder_of_its_own(tmp_path):
    deploy(tmp_path, "t1", "ours")
    deploy(tmp_path, "t2", "theirs", account_id="444455556666")
    assert (target(tmp_path) / "current" / "index.html").read_text() == "ours"


def test_a_server_without_a_folder_to_deploy_to_says_so(tmp_path):
    assert deploy(tmp_path, "t1", host={}).message == "This server has no folder to deploy to."


def test_a_full_disk_fails_with_a_sentence_and_leaves_the_old_release(tmp_path):
    class Full:
        name, revision = "Site", ""

        def extract_to(self, directory):
            directory.mkdir()
            raise OSError(errno.ENOSPC, "No space left on device")

    deploy(tmp_path, "t1", "old")
    failed = deploy(tmp_path, "t2", inputs={"Site": Full()})
    assert (failed.code, "disk is full" in failed.message) == ("SystemUnavailable", True)
    assert (target(tmp_path) / "current" / "index.html").read_text() == "old"
    assert releases(tmp_path) == ["000001-t1"]
