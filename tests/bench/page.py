"""From a change to the open page: through the socket alone, and in a real browser where one is installed."""

import asyncio
import http.cookiejar
import json
import re
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import datetime

import websockets

from tests.running import Account, Headrace

CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WATCH = """
element => { window.seen = []; new MutationObserver(() =>
  window.seen.push([document.querySelector(element).dataset.state, performance.timeOrigin + performance.now()])
).observe(document.querySelector("main"), {subtree: true, attributes: true, childList: true}); }
"""


def sign_in(headrace: Headrace, account: Account) -> str:
    """Return the cookies of a person who signed in."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = opener.open(f"{headrace.url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    fields = {"login": account["username"], "password": account["password"], "csrfmiddlewaretoken": token[1]}
    data = urllib.parse.urlencode(fields).encode()
    opener.open(urllib.request.Request(f"{headrace.url}/sign-in/", data, {"Referer": f"{headrace.url}/sign-in/"}))
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


async def through_the_socket(
    headrace: Headrace, account: Account, pipeline: str, changes: list[Callable[[], None]]
) -> list[float]:
    """Return, for each change, the seconds from its own moment, before the commit, to its message."""
    address = f"ws://127.0.0.1:{headrace.port}/live/a/{account['account_id']}/pipelines/{pipeline}/"
    headers = {"Cookie": sign_in(headrace, account), "Origin": headrace.url}
    durations = []
    async with websockets.connect(address, additional_headers=headers) as socket:
        await socket.send(json.dumps({"after": 0}))
        await drain(socket)
        for change in changes:
            done = asyncio.create_task(asyncio.to_thread(change))
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            durations.append(time.time() - datetime.fromisoformat(message["at"]).timestamp())
            await done
            await drain(socket)
    return durations


async def drain(socket) -> None:
    """Read until nothing has come for a moment."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 0.25)
    except TimeoutError:
        return


def in_a_browser(
    headrace: Headrace, account: Account, pipeline: str, watched: str, changes: list[Callable[[], None]]
) -> list[float] | None:
    """Return, for each change, the seconds until the watched element's data-state differs; None without a browser."""
    program = shutil.which("chromium")
    if program is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM))
        page = browser.new_page()
        page.goto(f"{headrace.url}/sign-in/")
        page.fill("input[name=login]", account["username"])
        page.fill("input[name=password]", account["password"])
        page.click("button[type=submit]")
        page.goto(f"{headrace.url}/a/{account['account_id']}/pipelines/{pipeline}/")
        page.wait_for_timeout(1500)
        durations = [_until_seen(page, watched, change) for change in changes]
        browser.close()
    return durations


def _until_seen(page, watched: str, change: Callable[[], None]) -> float:
    before = page.eval_on_selector(watched, "element => element.dataset.state")
    page.evaluate(WATCH, watched)
    started = time.time()
    change()
    page.wait_for_function("before => window.seen.some(each => each[0] !== before)", arg=before)
    seen = page.evaluate("before => window.seen.find(each => each[0] !== before)[1]", before)
    page.wait_for_timeout(300)
    return seen / 1000 - started
