"""Commands that take all they can get: each is ended and named, the log is cut, and the service goes on."""

import http.cookiejar
import json
import re
import time
import urllib.parse
import urllib.request

import pytest

from tests.journeys.workshop import action, definition, noop, simple, stage, unique
from tests.running import Account, Headrace, until

pytestmark = pytest.mark.sandbox
MIB = 1024**2
COMMANDS = {"category": "Compute", "owner": "AWS", "provider": "Commands", "version": "1"}
ENDED_SECONDS = 90


class Browser:
    """Somebody who is signed in to the portal."""

    def __init__(self, headrace: Headrace, account: Account) -> None:
        self.url = headrace.url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        form = self.read("/sign-in/")
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[:1]
        fields = {"csrfmiddlewaretoken": token, "login": account["username"], "password": account["password"]}
        self.opener.open(f"{self.url}/sign-in/", urllib.parse.urlencode(fields).encode(), timeout=30)

    def read(self, path: str) -> str:
        return self.opener.open(f"{self.url}{path}", timeout=30).read().decode()


def run_commands(api, account, *commands: str):
    """Run commands as the second stage, and return how their action ended, with the seconds that it took."""
    name = unique("commands")
    make = action("Make", COMMANDS, commands=list(commands), inputArtifacts=[{"name": "Code"}])
    stages = [stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])), stage("Run", make)]
    started = time.monotonic()
    api.create_pipeline(pipeline=definition(account, name, stages, pipelineType="V2"))

    def ended():
        attempt = api.get_pipeline_state(name=name)["stageStates"][1]["actionStates"][0].get("latestExecution")
        return attempt if attempt and attempt["status"] != "InProgress" else None

    attempt = until(ended, seconds=ENDED_SECONDS, what="the end of the commands")
    return attempt, time.monotonic() - started


def passes_a_release(api, account) -> bool:
    name = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]

    def succeeded() -> bool:
        found = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return found[0]["status"] == "Succeeded"

    return until(succeeded, what="a release beside it")


def test_commands_that_fork_without_end_are_ended(json_api, account):
    attempt, _ = run_commands(json_api, account, "true", "bomb() { bomb | bomb & }; bomb; sleep 20; wait; exit 3")
    assert attempt["status"] == "Failed"
    assert attempt["errorDetails"]["message"].startswith("Command 2 of 2 ")
    assert passes_a_release(json_api, account)


def test_a_gigabyte_of_output_is_cut(headrace, json_api, account):
    attempt, seconds = run_commands(
        json_api, account, "head -c 1073741824 /dev/zero | tr '\\0' x | fold -w 99", "test -n done"
    )
    assert attempt["status"] == "Succeeded"
    assert seconds < ENDED_SECONDS
    log = whole_log(Browser(headrace, account), attempt["actionExecutionId"])
    assert 4 * MIB <= len(log) < 5 * MIB
    assert "[log cut" in log[-200:]
    assert passes_a_release(json_api, account)


def whole_log(browser: Browser, action_execution_id: str) -> str:
    text = ""
    while True:
        path = f"/api/v1/action-executions/{action_execution_id}/log/?start={len(text)}"
        if not (stretch := json.loads(browser.read(path))["content"]):
            return text
        text += stretch
