"""Every state can be used by everybody: axe, keyboard, targets for thumbs, no colour needed."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys import showroom
from tests.journeys.browser import chromium, signed_in

pytestmark = pytest.mark.browser
THUMB_PX = 44
SCHEDULE = "daily"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# What can be pressed or written into and is seen: [name, width, height], with the reach of what ::after lays over it.
REACHES = """() => {
  const pressed = "a[href], button, summary, input:not([type=hidden]), select, textarea";
  const frames = ".tile, .rule, .card";
  const reachOf = (each) => {
    const after = getComputedStyle(each, "::after");
    const isLaid = after.position === "absolute" && after.content !== "none";
    if (isLaid && parseFloat(after.top) === 0) return each.closest(frames).getBoundingClientRect();
    const box = (each.matches("[type=radio], [type=checkbox]") ? each.closest("label") : each).getBoundingClientRect();
    const more = (one, other) => (isLaid ? -parseFloat(after[one]) - parseFloat(after[other]) || 0 : 0);
    return { width: box.width + more("left", "right"), height: box.height + more("top", "bottom") };
  };
  return [...document.querySelectorAll(pressed)]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".skip-link"))
    .map((each) => [each.textContent.trim().slice(0, 40) || each.name, reachOf(each).width, reachOf(each).height]);
}"""

# Where the focus is: on which element, and whether a ring is drawn around it or around what it stands for.
FOCUS = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const ringed = [here, here.closest(".tile, .rule, .card")].filter(Boolean).map((each) => getComputedStyle(each));
  const seen = ringed.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  return { key: [...document.querySelectorAll("*")].indexOf(here), seen };
}"""
REACHABLE = """() => {
  const all = [...document.querySelectorAll("*")];
  const pressed = "a[href], button, summary, input:not([type=hidden]), [tabindex='0']";
  return all
    .filter((each) => each.matches(pressed) && each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [all.indexOf(each), each.textContent.trim().slice(0, 40)]);
}"""


@pytest.fixture(scope="module")
def shops(headrace, account):
    api = headrace.client(account)
    made = {name: make(api, account) for name, make in showroom.STATES.items()}
    account_id, pipeline = account["account_id"], made["turned_away"].name
    headrace.manage("schedules", "--account", account_id, "put", SCHEDULE, pipeline, "rate(1 day)")
    return made


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def pages(account, shops) -> list[str]:
    base = f"/a/{account['account_id']}/pipelines"
    found = [f"{base}/{shop.name}/" for shop in shops.values()]
    for name in ("turned_away", "rolling_back", "failed_for_good"):
        shop = shops[name]
        found.append(f"{base}/{shop.name}/executions/{shop.executions()[0]['pipelineExecutionId']}/")
    away = f"{base}/{shops['turned_away'].name}/"
    return [
        *found,
        f"{away}?selected=Build/beforeEntry/GateIsOpen",
        f"{away}history/",
        f"{away}stages/Build/rollbacks/",
        f"{away}approvals/",
        f"{away}schedules/?change={SCHEDULE}",
    ]


def open_a_form(page) -> None:
    """Open the last of the forms over the page, if there is one."""
    openers = page.locator("#live [popovertarget]:not([popovertargetaction]):visible")
    if openers.count():
        openers.last.click()
        page.wait_for_selector("[popover]:popover-open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_state_can_be_used_by_everybody(headrace, account, browser, shops, scheme, size):
    with signed_in(browser, headrace, account, color_scheme=scheme, viewport=size) as page:
        for each in pages(account, shops):
            page.goto(each)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], each
            if "selected" not in each:
                open_a_form(page)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{each}\n{found.generate_report()}"


def test_thumbs_find_their_targets(headrace, account, browser, shops):
    with signed_in(browser, headrace, account, viewport=NARROW, has_touch=True, is_mobile=True) as page:
        for each in pages(account, shops):
            page.goto(each)
            page.wait_for_selector('[data-lamp="live"]')
            if "selected" not in each:  # a panel covers the page, as a sheet
                open_a_form(page)
            reaches = page.evaluate(REACHES)
            assert len(reaches) > 5
            small = [reach for reach in reaches if min(reach[1:]) < THUMB_PX - 0.5]
            assert small == [], each


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(headrace, account, browser, shops):
    with signed_in(browser, headrace, account, viewport=WIDE) as page:
        for each in pages(account, shops):
            page.goto(each)
            page.wait_for_selector('[data-lamp="live"]')
            wanted = dict(page.evaluate(REACHABLE))
            reached: dict[int, bool] = {}
            for _ in range(len(wanted) + 5):
                page.keyboard.press("Tab")
                if here := page.evaluate(FOCUS):
                    reached[here["key"]] = here["seen"]
            assert {name for key, name in wanted.items() if key not in reached} == set(), each
            assert [wanted.get(key) for key, seen in reached.items() if not seen] == [], each


def test_a_condition_is_overridden_and_a_stage_rolled_back_by_keyboard(headrace, account, browser, json_api):
    shop = showroom.turned_away(json_api, account)
    with signed_in(browser, headrace, account, viewport=WIDE) as page:
        page.goto(f"/a/{account['account_id']}/pipelines/{shop.name}/")
        page.get_by_role("link", name="Roll back… Build").press("Enter")
        page.get_by_role("button", name="Roll back to #1…").press("Enter")
        page.keyboard.press("Escape")
        assert page.locator("[popover]:popover-open").count() == 0
        assert page.evaluate("document.activeElement.textContent.trim()") == "Roll back to #1…"
        page.go_back()
        page.get_by_role("button", name="Override…").press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#stage-Build .condition[data-check=Overridden]")
