"""Deployed folders shown to everybody, where the operator allows it; nothing around them is."""

import pytest

from tests.factories import make_account

pytestmark = pytest.mark.django_db
HOSTILE = [
    "../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "a/../../secret.txt",
    "link.txt",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "a%00b",
    "x" * 300,
    "x/" * 2000,
    "none.html",
    "folder",
]


@pytest.fixture
def deployed(settings, tmp_path):
    """A site of an account, with things beside it that are nobody's business."""
    settings.DEPLOY_DIR = tmp_path
    account = make_account(serves_sites=True)
    target = tmp_path / account.number / "web"
    release = target / "releases" / "1"
    (release / "folder").mkdir(parents=True)
    (release / "index.html").write_text("<h1>Released</h1>")
    (release / "data.bin").write_bytes(b"\x00\x01")
    (target / "current").symlink_to("releases/1")
    (tmp_path / "secret.txt").write_text("secret")
    (target / "secret.txt").write_text("secret")
    (release / "link.txt").symlink_to(tmp_path / "secret.txt")
    return account


def test_the_current_release_is_shown_without_a_sign_in(client, deployed):
    answer = client.get(f"/sites/{deployed.number}/web/")
    assert (answer.status_code, answer.content) == (200, b"<h1>Released</h1>")
    assert answer["Content-Type"] == "text/html"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]


def test_a_new_release_is_shown_as_soon_as_the_link_is_switched(client, deployed, settings):
    target = settings.DEPLOY_DIR / deployed.number / "web"
    (target / "releases" / "2").mkdir()
    (target / "releases" / "2" / "index.html").write_text("second")
    (target / "current").unlink()
    (target / "current").symlink_to("releases/2")
    assert client.get(f"/sites/{deployed.number}/web/").content == b"second"


def test_a_folder_named_site_in_the_release_is_the_site(client, deployed, settings):
    site = settings.DEPLOY_DIR / deployed.number / "web" / "releases" / "1" / "site"
    site.mkdir()
    (site / "index.html").write_text("inner")
    assert client.get(f"/sites/{deployed.number}/web/").content == b"inner"
    assert client.get(f"/sites/{deployed.number}/web/data.bin").status_code == 404


def test_what_has_no_known_kind_is_sent_as_bytes(client, deployed):
    answer = client.get(f"/sites/{deployed.number}/web/data.bin")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:20])
def test_nothing_else_is_found(client, deployed, name):
    answer = client.get(f"/sites/{deployed.number}/web/{name}")
    assert answer.status_code == 404
    assert b"secret" not in answer.content


@pytest.mark.parametrize("target", ["..", "%2e%2e", "none", ".", "releases", "a%00b", "x" * 300], ids=lambda x: x[:9])
def test_no_other_target_is_found(client, deployed, target):
    assert client.get(f"/sites/{deployed.number}/{target}/secret.txt").status_code == 404


def test_a_current_link_that_leads_out_shows_nothing(client, deployed, settings):
    current = settings.DEPLOY_DIR / deployed.number / "web" / "current"
    current.unlink()
    current.symlink_to(settings.DEPLOY_DIR)
    assert client.get(f"/sites/{deployed.number}/web/secret.txt").status_code == 404


def test_links_that_lead_in_a_circle_show_nothing(client, deployed, settings):
    release = settings.DEPLOY_DIR / deployed.number / "web" / "releases" / "1"
    (release / "round.txt").symlink_to("round.txt")
    assert client.get(f"/sites/{deployed.number}/web/round.txt").status_code == 404


def test_an_account_that_is_not_marked_looks_like_one_that_is_not_there(client, deployed):
    deployed.serves_sites = False
    deployed.save()
    unmarked = client.get(f"/sites/{deployed.number}/web/")
    missing = client.get("/sites/999999999999/web/")
    assert (unmarked.status_code, missing.status_code) == (404, 404)
    assert unmarked.content == missing.content


def test_a_file_that_is_too_large_is_not_shown(client, deployed, settings):
    file = settings.DEPLOY_DIR / deployed.number / "web" / "releases" / "1" / "large.bin"
    with file.open("wb") as large:
        large.truncate(16 * 1024**2 + 1)
    assert client.get(f"/sites/{deployed.number}/web/large.bin").status_code == 404
