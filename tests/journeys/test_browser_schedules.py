"""The schedules of a pipeline at a browser: the reader's own zone, faults at their fields, and without a script."""

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import PATIENCE_MS, chromium, signed_in
from tests.journeys.workshop import Workshop, unique

pytestmark = pytest.mark.browser
TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as opened:
        yield opened


@pytest.fixture
def place(json_api, account) -> str:
    variables = [{"name": "Depth", "defaultValue": "quick", "description": "How thorough."}]
    shop = Workshop(json_api, account, TWO, pipelineType="V2", variables=variables)
    return f"/a/{account['account_id']}/pipelines/{shop.name}/schedules/"


def fill(page, name: str, expression: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("When").fill(expression)


def test_a_fault_is_told_at_its_field_and_the_next_starts_in_the_readers_zone(browser, headrace, account, place):
    with signed_in(browser, headrace, account, timezone_id="Asia/Kolkata") as page:
        page.goto(place)
        name = unique("nightly")
        fill(page, name, "cron(0 2 * * * *)")
        page.get_by_label("Depth").fill("full")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("When")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Depth")).to_have_value("full")
        expect(page.get_by_role("alert")).to_be_visible()
        page.complaints.clear()  # Chromium notes the status 422 of the refused form
        page.get_by_label("When").fill("cron(0 2 * * ? *)")
        page.get_by_role("button", name="Save").click()
        row = page.locator(f"#schedule-{name}")
        expect(row.locator("[data-moment]")).to_have_count(3)
        expect(row.locator("[data-moment]").first).to_contain_text("GMT+5:30")
        expect(row.locator("[data-moment]").first).to_contain_text("07:30")
        row.get_by_role("button", name="Pause").click()
        expect(row).to_contain_text("Paused")
        row.get_by_role("button", name="Resume").click()
        expect(row.locator("[data-moment]")).to_have_count(3)
        row.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete schedule").click()
        expect(row).to_have_count(0)
        assert page.complaints == []


def test_it_is_kept_without_a_script(browser, headrace, account, place):
    with signed_in(browser, headrace, account, java_script_enabled=False) as page:
        page.goto(place)
        fill(page, "hourly", "rate(1 hour)")
        page.get_by_role("button", name="Save").click()
        row = page.locator("#schedule-hourly")
        expect(row.locator("[data-moment]").first).to_contain_text("UTC")
        row.get_by_role("link", name="Change").click()
        page.get_by_label("When").fill("rate(2 hours)")
        page.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("rate(2 hours)")
