import pytest

from apps.artifacts import services
from apps.artifacts.selectors import Listing, list_objects

from .making import make_account, put

pytestmark = pytest.mark.django_db


def keys(listing: Listing) -> list[str]:
    return [stored.key for stored in listing.objects]


def fill(*names: str):
    account = make_account()
    for name in names:
        put(account, name)
    return account


def test_names_come_in_the_order_of_their_bytes(store):
    account = fill("b", "a", "B", "ä", "a/x", "a.x", "😀", "\uffee")
    assert keys(list_objects(account, "acme")) == ["B", "a", "a.x", "a/x", "b", "ä", "\uffee", "😀"]


def test_a_prefix_minds_case_and_takes_no_wildcard(store):
    account = fill("web/1", "Web/2", "web%/3", "web_/4", "webx/5")
    assert keys(list_objects(account, "acme", prefix="web/")) == ["web/1"]
    assert keys(list_objects(account, "acme", prefix="web%")) == ["web%/3"]
    assert keys(list_objects(account, "acme", prefix="web_")) == ["web_/4"]


def test_names_that_go_on_past_the_delimiter_are_folded(store):
    account = fill("a", "a/1", "a/2/x", "a/2/y", "b/1")
    top = list_objects(account, "acme", delimiter="/")
    assert (keys(top), top.common_prefixes) == (["a"], ("a/", "b/"))
    below = list_objects(account, "acme", delimiter="/", prefix="a/")
    assert (keys(below), below.common_prefixes) == (["a/1"], ("a/2/",))


@pytest.mark.parametrize("delimiter", ["", "/", "--"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_joined_give_the_whole_list(store, delimiter, limit):
    account = fill("a", "a--b", "a--c", "a/1", "a/2", "b/1", "c")
    whole = list_objects(account, "acme", delimiter=delimiter)
    found, folded, after = [], [], ""
    while after is not None:
        page = list_objects(account, "acme", delimiter=delimiter, after=after, limit=limit)
        assert len(page.objects) + len(page.common_prefixes) <= limit
        found += keys(page)
        folded += page.common_prefixes
        after = page.resume_after
    assert (found, tuple(folded)) == (keys(whole), whole.common_prefixes)


def test_an_empty_page_may_be_asked_for(store):
    page = list_objects(fill("a"), "acme", limit=0)
    assert page == Listing((), (), None)


def test_older_versions_deleted_objects_other_buckets_and_other_accounts_are_not_listed(store):
    account = fill("a", "a", "gone")
    put(account, "elsewhere", bucket="other")
    services.delete_object(account, "acme", "gone")
    put(make_account("Umbrella"), "foreign")
    assert keys(list_objects(account, "acme")) == ["a"]


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_a_long_page_costs_two_queries(store, django_assert_num_queries, delimiter):
    account = fill(*(f"folder-{number}/x" for number in range(30)), *(f"file-{number}" for number in range(30)))
    with django_assert_num_queries(2):
        page = list_objects(account, "acme", delimiter=delimiter)
    assert len(page.objects) + len(page.common_prefixes) == 60
