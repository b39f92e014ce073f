"""What a person does on the live page survives what happens meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import demo as demo_product
from tests.journeys.browser import PATIENCE_MS, chromium, signed_in, wait_state
from tests.running import until

pytestmark = pytest.mark.browser

# Writes down each state that a stage takes on the page, in the order in which a person sees them.
WATCH = """() => {
  window.states = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.matches(".stage-card")) window.states.push([target.dataset.stage, target.dataset.state]);
    }
  }).observe(document.body, { attributes: true, attributeFilter: ["data-state"], subtree: true });
}"""


@pytest.fixture(scope="module")
def demo():
    with demo_product.demo() as headrace:
        facts = demo_product.facts(headrace)
        api = headrace.client(facts)
        until(lambda: release(api, facts).get("token"), seconds=90, what="the first release waiting for approval")
        yield headrace, facts, api


@pytest.fixture
def page(demo) -> Iterator[Page]:
    headrace, facts, _ = demo
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser, signed_in(browser, headrace, facts) as page:
        page.goto(f"/a/{facts['account_id']}/pipelines/{facts['pipeline']}/?selected=Approval/Release")
        page.wait_for_selector('[data-lamp="live"]')
        yield page


def release(api, facts) -> dict[str, str]:
    """Return how the approval stands."""
    stages = api.get_pipeline_state(name=facts["pipeline"])["stageStates"]
    found: dict[str, str] = stages[2]["actionStates"][0].get("latestExecution", {})
    return found


def test_what_is_being_written_outlives_a_change_of_the_page(demo, page):
    _, facts, api = demo
    comment = page.get_by_label("Comment")
    comment.fill("Read by Mira")
    gate = {"pipelineName": facts["pipeline"], "stageName": "Deploy", "transitionType": "Inbound"}
    api.disable_stage_transition(**gate, reason="freeze until the audit")
    expect(page.locator("#stage-Deploy .reason")).to_contain_text("freeze until the audit")
    expect(comment).to_have_value("Read by Mira")
    expect(comment).to_be_focused()
    api.enable_stage_transition(**gate)
    expect(page.locator("#stage-Deploy .reason")).to_have_count(0)
    expect(comment).to_have_value("Read by Mira")


def test_a_transition_is_closed_with_a_reason_and_opened_again(page):
    page.get_by_role("button", name="Transition into Deploy: enabled").click()
    page.get_by_label("Why may nothing pass into Deploy?").fill("The harbor is closed")
    page.get_by_role("button", name="Disable transition").locator("visible=true").click()
    expect(page.locator("#stage-Deploy .reason")).to_contain_text("The harbor is closed")
    page.get_by_role("button", name="Transition into Deploy: disabled").click()
    expect(page.get_by_role("button", name="Transition into Deploy: enabled")).to_be_visible()
    assert page.complaints == []


def test_the_panel_closes_by_escape_and_the_focus_returns_to_its_tile(page):
    tile = page.get_by_role("link", name="Package", exact=True)
    tile.click()
    panel = page.locator("#panel-Build-Package")
    expect(panel).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_have_count(0)
    expect(tile).to_be_focused()


def test_each_state_is_shown_in_its_order(demo, page):
    _, facts, api = demo
    page.evaluate(WATCH)
    page.get_by_role("button", name="Approve").click()
    wait_state(page, "Deploy", "Succeeded", action="Publish")
    wait_state(page, "Deploy", "Succeeded")
    until(lambda: release(api, facts).get("status") == "Succeeded", what="the approval")
    seen = page.evaluate("window.states")
    assert seen == [["Approval", "Succeeded"], ["Deploy", "InProgress"], ["Deploy", "Succeeded"]]
    assert page.complaints == []
