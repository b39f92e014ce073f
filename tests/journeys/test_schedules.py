"""A pipeline that is started by the clock, whatever runs, and once for each time."""

import pytest

from tests.journeys.rows import move_back
from tests.journeys.workshop import simple, unique
from tests.running import until

DAYS = 3  # for which nothing ran
OTHERS = ("worker-2", "worker-3")


class Scheduled:
    def __init__(self, headrace, api, account) -> None:
        self.headrace, self.api, self.pipeline, self.name = headrace, api, unique("nightly"), unique("rule")
        api.create_pipeline(pipeline=simple(account, self.pipeline))
        self.rest = headrace.rest(headrace.token(account))
        self.address = f"/accounts/{account['account_id']}/schedules/{self.name}/"
        self.arn = f"arn:aws:events:us-east-1:{account['account_id']}:rule/{self.name}"

    def put(self, **members):
        answer = self.rest.put(self.address, json={"pipeline": self.pipeline, **members})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def shown(self):
        return self.rest.get(self.address).json()

    def pass_by(self) -> None:
        """Let days pass for the schedule."""
        move_back(self.headrace, "triggers.Schedule", "next_start_at", days=DAYS, name=self.name)

    def triggers(self):
        found = self.api.list_pipeline_executions(pipelineName=self.pipeline)["pipelineExecutionSummaries"]
        return [each["trigger"] for each in found if each["trigger"]["triggerType"] == "CloudWatchEvent"]


@pytest.fixture
def scheduled(headrace, json_api, account):
    made = Scheduled(headrace, json_api, account)
    yield made
    made.rest.delete(made.address)
    json_api.delete_pipeline(name=made.pipeline)


def test_a_schedule_starts_its_pipeline_in_the_name_of_its_rule(scheduled):
    put = scheduled.put(expression="cron(0 2 * * ? *)", time_zone="Europe/Berlin")
    assert put["next_start_at"] is not None
    assert scheduled.triggers() == []
    scheduled.pass_by()
    until(scheduled.triggers, what="the start")
    assert scheduled.triggers() == [{"triggerType": "CloudWatchEvent", "triggerDetail": scheduled.arn}]
    assert scheduled.shown()["next_start_at"] == put["next_start_at"]


def test_many_workers_start_what_came_due_while_none_ran_once(scheduled, headrace):
    headrace.kill("worker")
    try:
        put = scheduled.put(expression="rate(1 hour)")
        scheduled.pass_by()
    finally:
        for name in ("worker", *OTHERS):
            headrace.start(name)
    until(scheduled.triggers, what="the start")
    marker = scheduled.put(expression="rate(2 hours)")  # by the next start, each has looked
    scheduled.pass_by()
    until(lambda: len(scheduled.triggers()) > 1, what="the next start")
    for name in OTHERS:
        headrace.end(name)
    assert len(scheduled.triggers()) == 2
    assert put["next_start_at"] < marker["next_start_at"]
