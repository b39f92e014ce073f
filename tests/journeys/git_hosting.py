"""A git host for journeys: real repositories over HTTP whose hooks call Headrace when somebody pushes."""

import hmac
import json
import sys
from pathlib import Path
from typing import Any

from tests.journeys.workshop import action, definition, noop, stage, unique
from tests.plugins.git_server import GitServer
from tests.plugins.repositories import commit, git, make_repository
from tests.running import ROOT, Account, Headrace

CONNECTION = {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"}
PASSWORD = "a-token-of-the-host-7c1f9e"
GITHUBS_HOOK = """#!{python}
'''What GitHub would post of this push, from what is in the repository.'''
import hashlib, hmac, json, subprocess, sys, urllib.request, uuid

def git(*words):
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout

def told(sha):
    changes = git("diff-tree", "--root", "--no-commit-id", "--name-status", "-r", sha).splitlines()
    named = lambda letter: [line.split(chr(9))[1] for line in changes if line[0] == letter]
    message = git("log", "-1", "--format=%B", sha).strip()
    return {{"id": sha, "message": message, "added": named("A"), "modified": named("M"), "removed": named("D")}}

for line in sys.stdin:
    before, after, ref = line.split()
    gone, new = after.strip("0") == "", before.strip("0") == ""
    span = [] if gone else git("rev-list", "--reverse", after, *(["--not", before] if not new else [])).split()
    commits = [told(sha) for sha in span]
    document = {{"ref": ref, "before": before, "after": after, "commits": commits,
                "head_commit": commits[-1] if commits else None, "pusher": {{"name": "ada"}},
                "repository": {{"full_name": {repository!r}}}}}
    body = json.dumps(document).encode()
    signature = hmac.new({secret!r}.encode(), body, hashlib.sha256).hexdigest()
    headers = {{"Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4()),
               "X-Hub-Signature-256": "sha256=" + signature}}
    urllib.request.urlopen(urllib.request.Request({url!r}, body, headers), timeout=20)
"""


class Hosting:
    """A git host on the port that Headrace may connect to, and a connection of the account to it."""

    def __init__(self, headrace: Headrace, account: Account, server: GitServer, kind: str) -> None:
        self.headrace, self.account, self.server = headrace, account, server
        self.rest = headrace.rest(headrace.token(account))
        asked = {"name": unique("host"), "provider_type": kind, "url": server.url}
        asked |= {"username": "reader", "password": server.password}
        answer = self.rest.post(f"/accounts/{account['account_id']}/connections/", json=asked)
        assert answer.status_code == 201, answer.text
        self.connection: dict[str, Any] = answer.json()

    def shown(self) -> dict[str, Any]:
        return self.rest.get(f"/accounts/{self.account['account_id']}/connections/{self.connection['id']}/").json()

    def post(self, document: Any, event: str, *, secret: str = "", delivery: str = "") -> Any:
        """Post as GitHub does, and return the answer."""
        body = json.dumps(document).encode()
        digest = hmac.new((secret or self.connection["webhook_secret"]).encode(), body, "sha256").hexdigest()
        headers = {"X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Delivery": delivery}
        return self.rest.post(self.connection["webhook_url"], content=body, headers=headers)


class Repository:
    """A repository at the host, and a working copy of it whose pushes are told to Headrace."""

    def __init__(self, hosting: Hosting, folder: Path, hook: str) -> None:
        self.hosting, self.name = hosting, f"team/{unique('app')}"
        self.path = f"{self.name}.git"
        bare = hosting.server.make_repository(self.path)
        self.work = make_repository(folder / self.name, readme__md="hello")
        self.push("main")
        script = bare / "hooks" / "post-receive"
        script.parent.mkdir(exist_ok=True)
        script.write_text(hook.replace("team/app", self.name))
        script.chmod(0o700)

    def push(self, *refs: str) -> None:
        self.hosting.server.push(self.work, self.path, *refs)

    def commit(self, message: str, *refs: str, **files: str) -> str:
        """Commit and push, and return the commit's id."""
        made = commit(self.work, message, **files)
        self.push(*(refs or ("HEAD",)))
        return made

    def switch(self, branch: str) -> None:
        """Go to a branch, which begins where the working copy is if there is none."""
        known = git(self.work, "branch", "--list", branch).strip()
        git(self.work, "switch", "--quiet", *(() if known else ("-c",)), branch)

    def head(self) -> str:
        return git(self.work, "rev-parse", "HEAD").strip()


def githubs_hook(hosting: Hosting) -> str:
    url, secret = hosting.connection["webhook_url"], hosting.connection["webhook_secret"]
    return GITHUBS_HOOK.format(python=sys.executable, url=url, secret=secret, repository="team/app")


def documented_hook(hosting: Hosting) -> str:
    """Return the hook that the documentation gives for servers of no known kind."""
    page = (ROOT / "docs" / "connections.md").read_text()
    script = page.partition("## Any other git server")[2].partition("```sh\n")[2].partition("```")[0]
    url, secret = hosting.connection["webhook_url"], hosting.connection["webhook_secret"]
    return script.replace("'webhook_url'", f"'{url}'").replace("'webhook_secret'", f"'{secret}'")


class Connected:
    """A pipeline whose source takes from a repository through a connection."""

    def __init__(self, api: Any, repository: Repository, *, git_filter: dict | None = None, **members: Any) -> None:
        self.api, self.repository, self.name = api, repository, unique("connected")
        hosting = repository.hosting
        plain = hosting.connection["provider_type"] == "Git"
        configuration = {
            "ConnectionArn": hosting.connection["arn"],
            "FullRepositoryId": repository.path if plain else repository.name,
            "BranchName": "main",
            **members.pop("configuration", {}),
        }
        source = action(
            "Checkout", CONNECTION, configuration=configuration, outputArtifacts=[{"name": "Code"}], namespace="Git"
        )
        stages = [stage("Source", source), stage("Build", action("Make", noop("Build")))]
        if git_filter is not None:
            trigger = {"sourceActionName": "Checkout", **git_filter}
            members["triggers"] = [{"providerType": "CodeStarSourceConnection", "gitConfiguration": trigger}]
        # In PARALLEL mode no execution waits for another, so none supersedes another.
        members = {"pipelineType": "V2", "executionMode": "PARALLEL"} | members
        api.create_pipeline(pipeline=definition(hosting.account, self.name, stages, **members))

    def executions(self) -> list[dict[str, Any]]:
        """Return the executions that a connection started, oldest first."""
        found = self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]
        return [each for each in reversed(found) if each["trigger"]["triggerType"] != "CreatePipeline"]

    def commits(self) -> list[str]:
        return [each["sourceRevisions"][0]["revisionId"] for each in self.executions() if each["sourceRevisions"]]

    def statuses(self) -> list[str]:
        return [each["status"] for each in self.executions()]
