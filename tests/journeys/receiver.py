"""A program that is told what happens: it listens where Headrace may connect to, and keeps what came."""

import json
from collections.abc import Callable
from typing import Any, Self

from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from tests.journeys.workshop import unique
from tests.running import Account, Headrace

Event = dict[str, Any]


class Receiver:
    """Verifies each message, answers 204 unless `answer` says otherwise, and keeps what it took in `events`.

    `answer` is given the event and returns a status. `attempts` keeps the id of every message that came.
    """

    def __init__(self, headrace: Headrace) -> None:
        self.headrace = headrace
        self.server = HTTPServer(host="127.0.0.1", port=headrace.receiver_port, threaded=True)
        self.events: list[Event] = []
        self.attempts: list[str] = []
        self.answer: Callable[[Event], int] = lambda event: 204
        self.secrets: dict[str, str] = {}
        self.path = f"/{unique('hook')}"  # of its own, for a secret is told once for an address
        self.server.expect_request(self.path).respond_with_handler(self._take)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.headrace.receiver_port}{self.path}"

    def told_of(self, account: Account, *arguments: str) -> dict[str, Any]:
        """Make a rule of the account for this receiver."""
        rule: dict[str, Any] = json.loads(
            self.headrace.manage(
                "create_notification_rule",
                account["account_id"],
                unique("rule"),
                "--target",
                self.url,
                "--json",
                *arguments,
            )
        )
        if self.url in rule["secrets"]:  # the first rule of an account
            self.secrets[account["account_id"]] = rule["secrets"][self.url]
        return rule

    def _take(self, request: Request) -> Response:
        event = json.loads(request.get_data())
        Webhook(self.secrets[event["account"]]).verify(request.get_data(), dict(request.headers))
        self.attempts.append(request.headers["webhook-id"])
        status = self.answer(event)
        if status < 300:
            self.events.append(event)
        return Response(status=status)

    def told(self, pipeline: str) -> list[tuple[str, str]]:
        """Return place and state of what came about a pipeline, in the order of its coming."""
        details = [event["detail"] for event in self.events if event["detail"]["pipeline"] == pipeline]
        return [
            ("/".join(detail[level] for level in ("stage", "action") if level in detail), detail["state"])
            for detail in details
        ]
