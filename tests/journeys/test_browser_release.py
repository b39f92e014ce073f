"""A release, seen arriving: from a git push to the deployed page, on the live page of the pipeline."""

import subprocess
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.browser import chromium, signed_in, wait_state
from tests.journeys.demo import running_demo
from tests.running import until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo():
    with running_demo() as (headrace, facts):
        api = headrace.client(facts)
        until(lambda: waiting_token(api, facts), seconds=90, what="the first release waiting for approval")
        yield headrace, facts


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def waiting_token(api, facts) -> str | None:
    state = api.get_pipeline_state(name=facts["pipeline"])["stageStates"][2]
    return state["actionStates"][0].get("latestExecution", {}).get("token")


def settle(headrace, facts) -> None:
    """Approve whatever waits, so that a test begins with nothing under way."""
    api = headrace.client(facts)

    def is_quiet() -> bool:
        if token := waiting_token(api, facts):
            api.put_approval_result(
                pipelineName=facts["pipeline"],
                stageName="Approval",
                actionName="Release",
                result={"status": "Approved", "summary": ""},
                token=token,
            )
        newest = api.list_pipeline_executions(pipelineName=facts["pipeline"])["pipelineExecutionSummaries"]
        return all(each["status"] != "InProgress" for each in newest)

    until(is_quiet, seconds=90, what="quiet")


class Clone:
    """A clone of the demo's repository, to push from."""

    def __init__(self, facts, folder: Path) -> None:
        self.path = folder / uuid4().hex
        subprocess.run(["git", "clone", "--quiet", facts["repository"], self.path], check=True)

    def push(self, message: str, **files: str) -> str:
        for name, text in files.items():
            (self.path / "src" / "harbor" / name.replace("_", ".")).write_text(text)
        author = ["-c", "user.name=Mira", "-c", "user.email=mira@harbor.example"]
        self.git(*author, "commit", "--quiet", "--all", "--allow-empty", "--message", message)
        self.git("push", "--quiet")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True).stdout


def address(facts) -> str:
    return f"/a/{facts['account_id']}/pipelines/{facts['pipeline']}/"


def test_a_push_arrives_as_a_deployed_page(demo, browser, tmp_path):
    headrace, facts = demo
    settle(headrace, facts)
    clone = Clone(facts, tmp_path)
    with signed_in(browser, headrace, facts) as page:
        page.goto(address(facts))
        page.wait_for_selector("[data-lamp]", state="attached")
        page.evaluate("window.neverReloaded = true")
        commit = clone.push("Announce the storm", notice_txt="Storm tonight. No ferry.\n")
        page.wait_for_selector(f".stage-card[data-stage='Source'] :text('{commit[:7]}')")
        wait_state(page, "Build", "Succeeded", action="Package")
        wait_state(page, "Approval", "InProgress", action="Release")
        page.wait_for_selector(".stage-card[data-stage='Approval'] :text('Announce the storm')")
        page.click(".tile[data-action='Release'] .tile__name")
        page.click("button[name=decision][value=approve]")
        wait_state(page, "Approval", "Succeeded")
        page.wait_for_selector(".stage-card[data-stage='Deploy'] :text('Announce the storm')")
        wait_state(page, "Deploy", "Succeeded", action="Publish")
        assert page.evaluate("window.neverReloaded") is True
        assert page.complaints == []
        page.goto(facts["site_url"])
        assert page.inner_text(".notice") == "Storm tonight. No ferry."
        assert page.inner_text("#commit") == commit[:12]
        assert page.inner_text("#message") == "Announce the storm"


def test_a_broken_push_fails_with_a_readable_log_and_a_fix_passes(demo, browser, tmp_path):
    headrace, facts = demo
    settle(headrace, facts)
    clone = Clone(facts, tmp_path)
    with signed_in(browser, headrace, facts) as page:
        page.goto(address(facts))
        page.evaluate("window.neverReloaded = true")
        clone.push("Say it in two lines", notice_txt="One line.\nAnother.\n")
        wait_state(page, "Build", "Failed", action="UnitTests")
        wait_state(page, "Build", "Failed")
        page.click(".tile[data-action='UnitTests'] .tile__name")
        page.wait_for_selector("[data-log-lines] :text('test_the_notice_is_one_line')")
        assert "AssertionError" in page.inner_text("[data-log-lines]")
        clone.push("Say it in one line", notice_txt="One line.\n")
        wait_state(page, "Build", "Succeeded", action="Package")
        page.wait_for_selector(".stage-card[data-stage='Approval'] :text('Say it in one line')")
        assert page.evaluate("window.neverReloaded") is True
        assert page.complaints == []


def test_the_page_catches_up_after_five_seconds_without_a_socket(demo, browser, tmp_path):
    headrace, facts = demo
    settle(headrace, facts)
    clone = Clone(facts, tmp_path)
    with signed_in(browser, headrace, facts) as page:
        page.goto(address(facts))
        page.wait_for_timeout(1000)
        page.context.set_offline(True)
        clone.push("While nobody listened")
        until(lambda: waiting_token(headrace.client(facts), facts), seconds=60, what="the release at its approval")
        page.wait_for_timeout(5000)
        page.context.set_offline(False)
        page.wait_for_selector(".stage-card[data-stage='Approval'] :text('While nobody listened')")
        wait_state(page, "Approval", "InProgress", action="Release")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_can_be_used_by_everybody(demo, browser, scheme, width):
    headrace, facts = demo
    account = f"/a/{facts['account_id']}/"
    pages = ["/sign-in/", account, f"{account}pipelines/", address(facts), f"{address(facts)}history/"]
    pages.append(f"{address(facts)}?selected=Build/UnitTests")
    size = {"width": width, "height": 900}
    with signed_in(browser, headrace, facts, color_scheme=scheme, viewport=size) as page:
        for each in pages:
            page.goto(each)
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, each
        assert page.complaints == []
        for each in pages:  # afterwards, because the checker writes styles into the page, which our policy refuses
            page.goto(each)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{each}\n{found.generate_report()}"


def test_the_published_page_is_another_site(demo):
    headrace, facts = demo
    settle(headrace, facts)
    with urllib.request.urlopen(facts["site_url"]) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
