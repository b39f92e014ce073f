"""What people do about conditions, failures and rollbacks, at a browser. Others see it arrive."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import showroom
from tests.journeys.browser import PATIENCE_MS, chromium, signed_in, wait_state
from tests.journeys.workshop import Workshop, condition, gate_is_open
from tests.running import until

pytestmark = pytest.mark.browser
SHUT = [{"name": "Gate", "value": "shut"}]


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as opened:
        yield opened


@pytest.fixture
def watched(browser, headrace, account):
    """Give a function that opens a pipeline's page, waits until it is live, and at the end looks for complaints."""

    @contextmanager
    def open_page(shop: Workshop, path: str = "", **options) -> Iterator[Page]:
        with signed_in(browser, headrace, account, **options) as page:
            page.goto(f"/a/{account['account_id']}/pipelines/{shop.name}/{path}")
            page.wait_for_selector('[data-lamp="live"]')
            yield page
            assert page.complaints == []

    return open_page


def check(page: Page, kind: str):
    return page.locator(f"#stage-Build .condition[data-kind='{kind}']")


def test_a_condition_is_overridden_and_every_tab_sees_it(watched, json_api, account):
    shop = showroom.turned_away(json_api, account)
    with watched(shop) as page, watched(shop) as other:
        expect(check(page, "BEFORE_ENTRY")).to_have_attribute("data-check", "Failed")
        page.get_by_role("button", name="Override…").click()
        expect(page.get_by_text("These rules did not pass: GateIsOpen.")).to_be_visible()
        page.get_by_role("button", name="Override condition").click()
        expect(page.locator(".message")).to_contain_text("was overridden")
        for each in (page, other):
            wait_state(each, "Build", "InProgress", action="Compile")
            expect(check(each, "BEFORE_ENTRY")).to_have_attribute("data-check", "Overridden")
            expect(check(each, "BEFORE_ENTRY")).to_contain_text(f"Overridden by {account['username']}.")


def test_a_condition_changes_on_the_page_as_its_rules_end(watched, json_api, account):
    shop = showroom.open_shop(json_api, account, {"onSuccess": condition("FAIL", gate_is_open())})
    shop.succeed(shop.first, "Compile", "UnitTests", "Package", "Ship")
    with watched(shop) as page:
        expect(check(page, "ON_SUCCESS")).to_have_attribute("data-check", "Succeeded")
        shop.succeed(shop.start(variables=SHUT), "Compile", "UnitTests", "Package")
        wait_state(page, "Build", "Failed")
        expect(check(page, "ON_SUCCESS")).to_have_attribute("data-check", "Failed")
        expect(check(page, "ON_SUCCESS")).to_contain_text("does not hold")
        page.get_by_role("link", name="GateIsOpen").click()
        expect(page.locator("[data-panel]")).to_be_focused()
        expect(page.locator("[data-panel] .error-box")).to_contain_text("does not hold")
        page.keyboard.press("Escape")
        expect(page.locator("[data-panel]")).to_have_count(0)
        expect(page.get_by_role("link", name="GateIsOpen")).to_be_focused()


def test_a_refusal_is_said_on_the_page(watched, json_api, account):
    shop = showroom.turned_away(json_api, account)
    with watched(shop) as page:
        page.get_by_role("button", name="Override…").click()
        page.route("**/*", leave_as_it_is)  # somebody else is faster, and the page has not heard of it
        failed = shop.executions()[0]["pipelineExecutionId"]
        override = {"pipelineName": shop.name, "stageName": "Build", "pipelineExecutionId": failed}
        json_api.override_stage_condition(**override, conditionType="BEFORE_ENTRY")
        page.get_by_role("button", name="Override condition").click()
        expect(page.locator(".message[data-level=error]")).to_contain_text("cannot be overridden")


def leave_as_it_is(route) -> None:
    if route.request.method == "GET" and "hx-request" in route.request.headers:
        route.fulfill(status=204)
    else:
        route.continue_()


def test_a_stage_is_rolled_back_to_the_execution_that_is_chosen(watched, json_api, account):
    shop = showroom.open_shop(json_api, account)
    showroom.release(shop, shop.first)
    showroom.release(shop, shop.start())
    with watched(shop) as page, watched(shop) as other:
        page.locator("#stage-Deploy").get_by_role("link", name="Roll back…").click()
        expect(page.get_by_role("heading", name="Roll Deploy back", exact=True)).to_be_visible()
        expect(page.locator(".target")).to_have_count(2)
        expect(page.locator(".target--there")).to_contain_text("Execution 2")
        page.get_by_role("button", name="Roll back to #1…").click()
        page.get_by_role("button", name="Roll Deploy back").click()
        expect(page.locator(".message")).to_contain_text("Execution 3 rolls Deploy back")
        for each in (page, other):
            wait_state(each, "Deploy", "InProgress", action="Ship")
            expect(each.locator("#stage-Deploy .rollback-mark")).to_have_text("Rollback to #1")
        shop.succeed(shop.executions()[0]["pipelineExecutionId"], "Ship")
        for each in (page, other):
            wait_state(each, "Deploy", "Succeeded")


def test_an_automatic_rollback_arrives_with_its_mark(watched, json_api, account):
    shop = showroom.open_shop(json_api, account, showroom.ROLLBACK)
    showroom.release(shop, shop.first)
    with watched(shop) as page:
        failing = shop.start()
        shop.fail(failing, "UnitTests")
        shop.succeed(failing, "Compile")
        expect(page.locator("#stage-Build .rollback-mark")).to_have_text("Rollback to #1")
        expect(page.locator(".sentence")).to_contain_text("Execution 3 rolls Build back.")


@pytest.mark.parametrize(
    ("button", "again"), [("Retry failed", {"UnitTests"}), ("Retry all", {"Compile", "UnitTests"})]
)
def test_a_failed_stage_is_retried(watched, json_api, account, button, again):
    shop = showroom.open_shop(json_api, account)
    shop.succeed(shop.first, "Compile")
    shop.fail(shop.first, "UnitTests")
    with watched(shop) as page:
        wait_state(page, "Build", "Failed")
        page.get_by_role("button", name=button).click()
        wait_state(page, "Build", "InProgress")
        expect(page.locator("#stage-Build")).to_contain_text("Retried 1 time by hand")
        until(lambda: shop.poll() or {name for _, name in shop.held} == again, what="the jobs of the retry")
        assert {name for _, name in shop.held} == again


def test_an_automatic_retry_is_counted_as_it_happens(watched, json_api, account):
    shop = showroom.open_shop(json_api, account, showroom.RETRY)
    with watched(shop) as page:
        shop.succeed(shop.first, "Compile")
        shop.fail(shop.first, "UnitTests")
        expect(page.locator("#stage-Build")).to_contain_text("Retried by itself")
        expect(page.locator("#tile-Build-UnitTests")).to_contain_text("attempt 2")
        wait_state(page, "Build", "InProgress", action="UnitTests")


def test_an_execution_is_stopped_by_waiting_and_then_by_abandoning(watched, json_api, account):
    shop = showroom.open_shop(json_api, account)
    shop.job(shop.first, "Compile")
    with watched(shop) as page:
        for label, state in (
            ("and let running actions finish", "Stopping"),
            ("and abandon running actions", "Stopped"),
        ):
            page.get_by_role("button", name="Stop…").click()
            page.get_by_label(label).check()
            page.get_by_label("Reason").fill("wrong branch")
            page.get_by_role("button", name="Stop execution").click()
            wait_state(page, "Build", state)
        wait_state(page, "Build", "Abandoned", action="Compile")
        page.get_by_role("link", name="History").click()
        expect(page.locator("tbody tr").first).to_contain_text("wrong branch")


def test_history_and_execution_follow_what_happens(watched, json_api, account):
    shop = showroom.open_shop(json_api, account)
    with watched(shop, "history/") as history, watched(shop, f"executions/{shop.first}/") as execution:
        expect(history.locator("tbody tr")).to_have_count(1)
        shop.succeed(shop.first, "Compile", "UnitTests")
        expect(execution.locator("tbody tr").filter(has_text="Package")).to_have_count(1)
        shop.succeed(shop.first, "Package", "Ship")
        expect(history.locator("tbody tr").first).to_contain_text("Succeeded")
        expect(execution.locator(".sentence")).to_contain_text("Succeeded")
        shop.start()
        expect(history.locator("tbody tr")).to_have_count(2)
