"""Home, the list of pipelines, and the history of one."""

import re

import pytest

from apps.executions.models import PipelineExecution
from apps.tenancy.models import Account
from tests.factories import APPROVAL, attempt_at, first_execution, make_account, make_pipeline, settle, start
from tests.portal.visits import HTMX, address, first_in_build, make_release, said, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account):
    return signed_in(account)


def read(client, page: str, account: Account, query=None, **place) -> str:
    return client.get(address(page, account, **place), query).content.decode()


def strip(html: str, pipeline: str) -> list[str]:
    """Return the states of the small shapes of one pipeline."""
    row = html.partition(f'data-pipeline="{pipeline}"')[2].partition("</tr>")[0]
    return re.findall(r'class="strip__part" data-stage="[^"]+" data-state="([^"]+)"', row)


def make_history(pipeline, count: int) -> None:
    """Put `count` executions that ended in a pipeline's history, without running them."""
    first = first_execution(pipeline)
    settle(first, "Fetch", succeeded=False)
    facts = {
        "account": pipeline.account,
        "pipeline": pipeline,
        "version": 1,
        "mode": "SUPERSEDED",
        "state": "Superseded",
    }
    times = {"started_at": first.started_at, "updated_at": first.started_at, "ended_at": first.started_at}
    PipelineExecution.objects.bulk_create(
        PipelineExecution(number=number, trigger_type="Webhook", superseded_by=first.pk, **facts, **times)
        for number in range(2, count + 1)
    )


def test_an_account_without_pipelines_is_told_how_to_make_one(client, account):
    for page in ("home", "pipelines"):
        assert "create-pipeline" in read(client, page, account)


def test_home_shows_what_waits_for_a_decision_first(client, account):
    execution = first_in_build(make_release(account))
    settle(execution, "Make", "Check")
    settle(execution, "Pack")
    html = read(client, "home", account)
    assert f"?selected=Approval/{APPROVAL}" in html
    assert "Running now" not in html


def test_home_shows_what_runs(client, account):
    make_release(account, name="shop")
    text = said(read(client, "home", account))
    assert "Nothing waits for a decision." in text
    assert "Running now shop · Source" in text


def test_an_approval_of_another_account_is_not_shown(client, account):
    other = make_release(make_account("Other"), name="theirs")
    settle(execution := first_in_build(other), "Make", "Check")
    settle(execution, "Pack")
    assert attempt_at(execution, APPROVAL).state == "InProgress"
    for page in ("home", "pipelines"):
        assert "theirs" not in read(client, page, account)


def test_a_pipeline_has_one_small_shape_for_each_stage(client, account):
    settle(first_in_build(make_release(account, name="shop")), "Make", "Check", succeeded=False)
    for page in ("home", "pipelines"):
        assert strip(read(client, page, account), "shop") == ["Succeeded", "Failed", "NotRun", "NotRun"]


def test_htmx_gets_the_live_region_of_a_list_alone(client, account):
    for page in ("home", "pipelines"):
        html = client.get(address(page, account), headers=HTMX).content.decode()
        assert html.lstrip().startswith('<div id="live"')


def test_pipelines_come_in_pages(client, account):
    names = [f"p{number:02}" for number in range(52)]
    for name in names:
        make_pipeline(account=account, name=name)
    html = read(client, "pipelines", account)
    token = re.search(r'\?after=([^"]+)"', html)[1]
    following = client.get(f"{address('pipelines', account)}?after={token}").content.decode()
    found = [re.findall(r'data-pipeline="(p\d\d)"', page) for page in (html, following)]
    assert found == [names[:50], names[50:]]
    assert ("Next page" in following, "First page" in following) == (False, True)


def test_history_holds_every_fact_of_an_execution(client, account):
    pipeline = make_pipeline(account=account)
    execution = first_execution(pipeline)
    revision = {"id": "4f2a9c1b77", "change_id": "4f2a9c1b77", "summary": "Charge once\n\nmore", "url": ""}
    settle(execution, "Fetch", revision=revision)
    settle(execution, "Make")
    html = read(client, "history", account, name=pipeline.name)
    text = said(html)
    for fact in (
        "#1",
        "Succeeded",
        "4f2a9c1",
        "Charge once",
        "Pipeline created by tests",
        "31 Jan 2030, 09:00 UTC",
        "0 s",
    ):
        assert fact in text
    assert f'data-copy="{execution.pk}"' in html
    assert "more" not in text


def test_history_is_read_in_pages_newest_first(client, account):
    pipeline = make_pipeline(account=account)
    make_history(pipeline, 120)
    seen, query = [], ""
    for most in (50, 50, 20):
        html = client.get(address("history", account, name=pipeline.name) + query).content.decode()
        numbers = [int(number) for number in re.findall(r'class="row-link" [^>]+>#(\d+)</a>', html)]
        assert len(numbers) == most
        seen += numbers
        query = "".join(re.findall(r'(\?after=[^"]+)" rel="next"', html))
    assert seen == list(range(120, 0, -1))
    assert query == ""


@pytest.mark.parametrize("page", ["pipelines", "history"])
def test_a_page_token_that_is_not_ours_leads_to_the_first_page(page, client, account):
    place = {"name": make_pipeline(account=account).name} if page == "history" else {}
    answer = client.get(address(page, account, **place), {"after": "forged"})
    assert answer["Location"] == address(page, account, **place)


def test_a_page_token_of_another_account_leads_to_the_first_page(client, account):
    theirs = make_pipeline(account=make_account("Other"))
    make_history(theirs, 60)
    html = read(signed_in(theirs.account), "history", theirs.account, name=theirs.name)
    token = re.search(r'\?after=([^"]+)"', html)[1]
    mine = make_pipeline(account=account)
    answer = client.get(f"{address('history', account, name=mine.name)}?after={token}")
    assert answer["Location"] == address("history", account, name=mine.name)


def test_the_number_of_queries_does_not_grow_with_what_is_listed(client, account, django_assert_max_num_queries):
    counts = {}
    for many in (2, 9):
        while account_size(account) < many:
            pipeline = make_release(account, name=f"p{account_size(account)}")
            settle(execution := first_in_build(pipeline), "Make", "Check")
            settle(execution, "Pack")
            start(pipeline)
        for page, most in (("home", 12), ("pipelines", 12)):
            with django_assert_max_num_queries(most) as queries:
                read(client, page, account)
            counts.setdefault(page, set()).add(len(queries))
    assert {page: len(numbers) for page, numbers in counts.items()} == {"home": 1, "pipelines": 1}


def account_size(account: Account) -> int:
    return len(set(PipelineExecution.objects.for_account(account).values_list("pipeline", flat=True)))


def test_the_number_of_queries_does_not_grow_with_history(client, account, django_assert_num_queries):
    short, long = make_pipeline(account=account, name="short"), make_pipeline(account=account, name="long")
    make_history(short, 2)
    make_history(long, 49)
    for pipeline in (short, long):
        with django_assert_num_queries(7):
            read(client, "history", account, name=pipeline.name)
