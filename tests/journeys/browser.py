"""A person at a browser: Debian's Chromium, driven by Playwright, signed in to a running Headrace."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.running import Account, Headrace

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
PATIENCE_MS = 60_000


@contextmanager
def chromium() -> Iterator:
    """Give a browser. It fails, and does not skip, where chromium is not installed."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed. Install it: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def signed_in(browser, headrace: Headrace, account: Account, **options) -> Iterator[Page]:
    """Give a page of a person of the account. What its console complained of is in `page.complaints`."""
    context = browser.new_context(base_url=headrace.url, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto("/sign-in/")
    page.fill("input[name=login]", account["username"])
    page.fill("input[name=password]", account["password"])
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    yield page
    context.close()


def wait_state(page: Page, stage: str, state: str, *, action: str | None = None) -> None:
    """Wait until the open page shows a stage, or one of its actions, in a state. Nothing is reloaded."""
    of_what = f"[data-action='{action}']" if action else ".stage-card"
    page.wait_for_selector(f"{of_what}[data-stage='{stage}'][data-state='{state}']", state="attached")
