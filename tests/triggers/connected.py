"""A connection to a git host, and pipelines that listen to it."""

import json
from typing import Any

from apps.connections.selectors import connection_hook_url
from apps.executions.models import PipelineExecution
from tests.factories import make_account, make_connection, make_declaration, make_pipeline
from tests.triggers.hooks import payload, signed

TYPE = {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"}


def listening_declaration(
    account, arn: str, *, git: dict | None = None, name: str = "web", mode: str = "SUPERSEDED", **configuration: str
) -> dict:
    declaration = make_declaration(account, name=name, mode=mode)
    given = {"ConnectionArn": arn, "FullRepositoryId": "harbor/board", "BranchName": "main"} | configuration
    source = {"name": "Fetch", "actionTypeId": TYPE, "configuration": given, "outputArtifacts": [{"name": "Code"}]}
    declaration["stages"][0]["actions"] = [source]
    if git is not None:
        trigger = {"sourceActionName": "Fetch", **git}
        declaration["triggers"] = [{"providerType": "CodeStarSourceConnection", "gitConfiguration": trigger}]
    return declaration


class Connected:
    """A connection, and a pipeline whose source takes from it."""

    def __init__(self, provider_type: str = "GitHub", **how) -> None:
        self.account = make_account()
        url = "https://git.example" if provider_type in ("Gitea", "Git") else ""
        self.connection, self.secret = make_connection(self.account, provider_type=provider_type, url=url)
        self.pipeline = self.make_pipeline(**how)

    def make_pipeline(self, **how):
        declaration = listening_declaration(self.account, self.connection.arn, **how)
        return make_pipeline(account=self.account, declaration=declaration)

    def headers(self, body: bytes, event: str, delivery: str) -> dict[str, str]:
        signature = signed(body, self.secret)
        match self.connection.provider_type:
            case "GitHub":
                return {"x-github-event": event, "x-hub-signature-256": signature, "x-github-delivery": delivery}
            case "GitLab":
                return {"x-gitlab-event": event, "x-gitlab-token": self.secret, "x-gitlab-event-uuid": delivery}
            case "Gitea":
                bare = signature.removeprefix("sha256=")
                return {"x-gitea-event": event, "x-gitea-signature": bare, "x-gitea-delivery": delivery}
            case "Bitbucket":
                return {"x-event-key": event, "x-hub-signature": signature, "x-request-uuid": delivery}
        return {"x-headrace-event": event, "x-hub-signature-256": signature, "x-headrace-delivery": delivery}

    def tell(self, client, name: str, event: str = "push", *, delivery: str = "1", changes=None, **headers):
        return self.send(client, payload(name) | (changes or {}), event, delivery=delivery, **headers)

    def send(self, client, document: Any, event: str, *, delivery: str = "1", **headers):
        body = json.dumps(document).encode()
        return self.post(client, body, self.headers(body, event, delivery) | headers)

    def post(self, client, body: bytes, headers: dict[str, str]):
        path = connection_hook_url(self.connection).partition("/hooks/")[2]
        return client.post(f"/hooks/{path}", data=body, content_type="application/json", headers=headers)

    def started(self) -> list[PipelineExecution]:
        """Return the executions that creation did not start, oldest first."""
        rows = PipelineExecution.objects.for_account(self.account).exclude(trigger_type="CreatePipeline")
        return list(rows.order_by("started_at", "number"))

    def tags(self, *includes: str) -> dict:
        return {"push": [{"tags": {"includes": list(includes)}}]}
