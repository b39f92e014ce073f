from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.pages import InvalidNextToken
from apps.executions.models import PipelineExecution
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import list_pipelines
from apps.pipelines.services import delete_pipeline
from apps.pipelines.tasks import KEPT_AFTER_DELETION, purge_deleted_pipelines
from tests.factories import BY, NOW, make_account, make_pipeline

pytestmark = pytest.mark.django_db


def names(account, *, size: int, token: str | None = None) -> tuple[list[str], str | None]:
    found = list_pipelines(account, size=size, token=token)
    return [row.name for row in found.rows], found.next_token


def test_pages_show_each_pipeline_once_by_name():
    account = make_account()
    for name in ("c", "a", "e", "b", "d"):
        make_pipeline(account=account, name=name)
    first, token = names(account, size=2)
    second, next_token = names(account, size=2, token=token)
    third, end = names(account, size=2, token=next_token)
    assert [first, second, third, end] == [["a", "b"], ["c", "d"], ["e"], None]


def test_a_pipeline_made_or_deleted_between_two_pages_shifts_nothing():
    account = make_account()
    for name in ("b", "c", "d"):
        make_pipeline(account=account, name=name)
    first, token = names(account, size=2)
    make_pipeline(account=account, name="a")
    delete_pipeline(account, "c", by=BY, now=NOW)
    assert (first, names(account, size=2, token=token)) == (["b", "c"], (["d"], None))


def test_deleted_ones_and_those_of_strangers_are_not_shown():
    mine, gone = make_account(), make_pipeline(account=make_account("Umbrella"))
    delete_pipeline(gone.account, gone.name, by=BY, now=NOW)
    make_pipeline(account=mine)
    assert names(gone.account, size=10) == ([], None)
    assert names(mine, size=10) == (["web"], None)


def test_a_token_of_another_account_is_refused():
    mine, theirs = make_account(), make_account("Umbrella")
    for name in ("a", "b"):
        make_pipeline(account=theirs, name=name)
    _, token = names(theirs, size=1)
    with pytest.raises(InvalidNextToken):
        names(mine, size=1, token=token)


def test_a_deleted_pipeline_is_kept_for_a_day_and_then_removed_with_its_history():
    young, old, live = (make_pipeline(account=make_account(name)) for name in ("A", "B", "C"))
    ages = {young: KEPT_AFTER_DELETION / 2, old: KEPT_AFTER_DELETION + timedelta(minutes=1)}
    for pipeline, age in ages.items():
        delete_pipeline(pipeline.account, "web", by=BY, now=clock.now() - age)
    assert purge_deleted_pipelines() == 1
    assert set(Pipeline.objects.all()) == {young, live}
    assert not PipelineExecution.objects.filter(account=old.account).exists()
    assert purge_deleted_pipelines() == 0
