"""Every operation that lists in pages, walked while others insert and delete rows.

Whatever is there from the first page to the last is shown once, nothing is shown twice, and the order holds across
pages. What comes or goes on the way may be shown or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db.models import Model
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.actions.models import CustomActionType
from apps.actions.selectors import list_action_types
from apps.awsapi.caller import Caller
from apps.awsapi.registry import discover
from apps.awsapi.shapes.model import SERVICE
from apps.core.ids import new_id
from apps.core.pages import InvalidNextToken
from apps.executions.models import ActionExecution, PipelineExecution, RuleExecution
from apps.pipelines.models import Pipeline
from apps.tenancy.grants import Grant
from apps.tenancy.roles import Role
from apps.triggers.models import Webhook
from tests.executions.guarded import WINDOW, condition, make_guarded
from tests.factories import NOW, first_execution, make_account, make_action_type, settle

Item = tuple[Any, str]  # where it stands in the order, smallest first, and what it is called
Listed = tuple[list[Item], str | None]

pytestmark = pytest.mark.django_db


def caller(account) -> Caller:
    return Caller(account, account.number, "arn:aws:iam::1:user/tests", Grant(role=Role.ADMIN), "AKIA", "r")


def copy(row: Model, **changes: Any) -> None:
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    type(row)._default_manager.create(**kept | changes)


@dataclass(frozen=True)
class ListOf:
    """One list. `add` makes a row that `number` tells apart or places; `remove` deletes the one that is called so."""

    read: Callable[[Pipeline, int, str | None], Listed]
    add: Callable[[Pipeline, int], object]
    remove: Callable[[Pipeline, str], object]


def wired(operation: str, rows: str, item: Callable[[dict], Item], **request: Callable[[Pipeline], Any]):
    """Return a reader through the operation's own function."""

    def read(pipeline: Pipeline, size: int, token: str | None) -> Listed:
        capital = operation == "ListWebhooks"
        members = SERVICE.operation_model(operation).input_shape.members
        size_name, token_name = ("MaxResults", "NextToken") if capital else ("maxResults", "nextToken")
        assert {size_name, token_name} <= members.keys()
        asked = {size_name: size, **{name: value(pipeline) for name, value in request.items()}}
        answer = discover()[operation].run(caller(pipeline.account), asked | ({token_name: token} if token else {}))
        assert answer is not None
        return [item(each) for each in answer[rows]], answer[token_name]

    return read


def types(pipeline: Pipeline, size: int, token: str | None) -> Listed:
    """The operation lets nobody choose the size, so that this one is read below it."""
    found = list_action_types(pipeline.account, owner=None, token=token, size=size * 10)
    return [(str(spec.id), str(spec.id)) for spec in found.rows], found.next_token


def add_pipeline(pipeline: Pipeline, number: int) -> None:
    Pipeline.objects.get_or_create(
        account=pipeline.account, name=f"p{number}", deleted_at=None, defaults={"created_at": NOW, "updated_at": NOW}
    )


def add_webhook(pipeline: Pipeline, number: int) -> None:
    fields = {"target_pipeline": "web", "target_action": "Fetch", "authentication": "UNAUTHENTICATED"}
    Webhook.objects.get_or_create(account=pipeline.account, name=f"h{number}", defaults=fields | {"created_at": NOW})


def add_execution(pipeline: Pipeline, number: int) -> None:
    """Each starts after the one before, and none gets the number of one that was deleted."""
    following = next(NUMBERS)
    started_at = NOW + timedelta(seconds=following)
    copy(SAMPLE[PipelineExecution], id=new_id(), number=following, started_at=started_at, client_request_token="")


def add_attempt(model: type[ActionExecution] | type[RuleExecution]):
    """Many of them start at one moment."""
    return lambda pipeline, number: copy(
        SAMPLE[model], id=new_id(), started_at=NOW + timedelta(microseconds=number // 5)
    )


def newest_first(moment, identity: str) -> Any:
    """Return what sorts the newest first, and of one moment by the id, the greatest first."""
    return (-moment.timestamp(), [-ord(letter) for letter in identity])


def remove(model: type[Model], name: str = "pk"):
    return lambda pipeline, called: model._default_manager.filter(account=pipeline.account, **{name: called}).delete()


def remove_type(pipeline: Pipeline, called: str) -> None:
    category, owner, provider, _ = called.split("/")
    if owner == "Custom":
        of_it = CustomActionType.objects.for_account(pipeline.account)
        of_it.filter(category=category, provider=provider).update(deleted_at=NOW)


NUMBERS = count(2)
SAMPLE: dict[type[Model], Any] = {}
NAME = {"pipelineName": lambda pipeline: pipeline.name}
LISTS = {
    "ListPipelines": ListOf(
        wired("ListPipelines", "pipelines", lambda each: (each["name"], each["name"])),
        add_pipeline,
        remove(Pipeline, "name"),
    ),
    "ListWebhooks": ListOf(
        wired("ListWebhooks", "webhooks", lambda each: (each["definition"]["name"],) * 2),
        add_webhook,
        remove(Webhook, "name"),
    ),
    "ListActionTypes": ListOf(
        types, lambda pipeline, number: make_action_type(pipeline.account, provider=f"T{number}"), remove_type
    ),
    "ListPipelineExecutions": ListOf(
        wired(
            "ListPipelineExecutions",
            "pipelineExecutionSummaries",
            lambda each: (-each["startTime"].timestamp(), each["pipelineExecutionId"]),
            **NAME,
        ),
        add_execution,
        remove(PipelineExecution),
    ),
    "ListActionExecutions": ListOf(
        wired(
            "ListActionExecutions",
            "actionExecutionDetails",
            lambda each: (newest_first(each["startTime"], each["actionExecutionId"]), each["actionExecutionId"]),
            **NAME,
        ),
        add_attempt(ActionExecution),
        remove(ActionExecution),
    ),
    "ListRuleExecutions": ListOf(
        wired(
            "ListRuleExecutions",
            "ruleExecutionDetails",
            lambda each: (newest_first(each["startTime"], each["ruleExecutionId"]), each["ruleExecutionId"]),
            **NAME,
        ),
        add_attempt(RuleExecution),
        remove(RuleExecution),
    ),
}
# They have a nextToken in the model and answer everything at once: tests/journeys show that any token is refused.
IN_ONE_PAGE = {"ListDeployActionExecutionTargets", "ListTagsForResource"}


def test_every_list_that_has_pages_is_walked():
    outputs = {name: SERVICE.operation_model(name).output_shape for name in SERVICE.operation_names}
    paged = {name for name, shape in outputs.items() if shape and {"nextToken", "NextToken"} & shape.members.keys()}
    assert paged == LISTS.keys() | IN_ONE_PAGE


def make_world() -> Pipeline:
    """Make a pipeline that has started one execution, one action and one rule; their rows are copied for more."""
    pipeline = make_guarded(account=make_account(), beforeEntry=condition("FAIL", WINDOW))
    settle(first_execution(pipeline), "Fetch")
    for model in (PipelineExecution, ActionExecution, RuleExecution):
        SAMPLE[model] = model._default_manager.filter(pipeline=pipeline).first()
    return pipeline


def all_of(of: ListOf, pipeline: Pipeline) -> set[str]:
    items, token = of.read(pipeline, 100, None)
    assert token is None
    return {called for _, called in items}


CHANGES = st.lists(st.tuples(st.sampled_from(["add", "add", "remove"]), st.integers(0, 30)), max_size=4)


def disturb(of: ListOf, pipeline: Pipeline, changes: Sequence[tuple[str, int]]) -> None:
    for change, number in changes:
        there = sorted(all_of(of, pipeline))
        if change == "add":
            of.add(pipeline, number)
        elif there:
            of.remove(pipeline, there[number % len(there)])


@pytest.mark.parametrize("name", LISTS)
@hypothesis_settings(max_examples=25)
@given(
    numbers=st.lists(st.integers(0, 30), max_size=12),
    size=st.integers(1, 4),
    between=st.lists(CHANGES, max_size=6),
)
def test_a_walk_shows_once_what_stays(name, numbers, size, between):
    of, pipeline = LISTS[name], make_world()
    for number in numbers:
        of.add(pipeline, number)
    stayed, seen = all_of(of, pipeline), []
    token, waves = None, list(between)
    while True:
        items, token = of.read(pipeline, size, token)
        seen += items
        if token is None:
            break
        assert items, "a page that leads on is not empty"
        disturb(of, pipeline, waves.pop() if waves else ())
        stayed &= all_of(of, pipeline)
    called = [each for _, each in seen]
    assert len(called) == len(set(called))
    assert stayed <= set(called)
    assert [place for place, _ in seen] == sorted(place for place, _ in seen)


def token_of(name: str, pipeline: Pipeline) -> str:
    for number in range(3):
        LISTS[name].add(pipeline, number)
    _, token = LISTS[name].read(pipeline, 1, None)
    assert token is not None
    return token


@pytest.mark.parametrize("name", LISTS)
def test_a_token_of_another_account_or_list_is_refused(name):
    ours = make_world()
    token = token_of(name, ours)
    theirs = make_world()
    with pytest.raises(InvalidNextToken):
        LISTS[name].read(theirs, 1, token)
    for other in LISTS.keys() - {name}:
        with pytest.raises(InvalidNextToken):
            LISTS[other].read(ours, 1, token)
    LISTS[name].read(ours, 1, token)


def test_a_token_for_types_of_one_owner_is_refused_for_another():
    account = make_account()
    token = list_action_types(account, owner="AWS", token=None, size=1).next_token
    for owner in (None, "Custom", "ThirdParty"):
        with pytest.raises(InvalidNextToken):
            list_action_types(account, owner=owner, token=token, size=1)
