"""Which sources are watched, when a look is due, and what a look leads to. Source: reference section 6.1."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from apps.events.models import Event
from apps.executions.models import PipelineExecution
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import current_version
from apps.pipelines.services import delete_pipeline, update_pipeline
from apps.triggers.models import SourceWatch
from apps.triggers.selectors import failing_watches, hook_url, watches_of
from apps.triggers.services import enqueue_due_looks, source_seen, source_unavailable
from headrace_sdk import Revision
from tests.factories import BY, NOW, make_account, make_declaration, make_pipeline

pytestmark = pytest.mark.django_db
GIT = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}
NOBODY_HOME = "Nobody answers at the repository."


def watched_declaration(account, *, branch: str = "main", polled: bool = True) -> dict:
    declaration = make_declaration(account)
    configuration = {
        "RepositoryUrl": "https://git.example/web.git",
        "BranchName": branch,
        "PollForSourceChanges": str(polled).lower(),
    }
    declaration["stages"][0]["actions"] = [
        {
            "name": "Fetch",
            "runOrder": 1,
            "actionTypeId": GIT,
            "configuration": configuration,
            "outputArtifacts": [{"name": "Code"}],
        }
    ]
    return declaration


def make_watch(**how) -> SourceWatch:
    account = make_account()
    make_pipeline(account=account, declaration=watched_declaration(account, **how))
    return SourceWatch.objects.get(account=account)


def save_again(watch: SourceWatch, **how) -> SourceWatch:
    update_pipeline(watch.account, watched_declaration(watch.account, **how), by=BY, now=NOW)
    watch.refresh_from_db()
    return watch


def see(watch: SourceWatch, revision: str, *, digest: str | None = None) -> bool:
    digest = watch.configuration_digest if digest is None else digest
    return source_seen(watch.pk, digest, Revision(revision), "PollForSourceChanges", now=NOW)


def executions(watch: SourceWatch) -> int:
    return PipelineExecution.objects.filter(pipeline=watch.pipeline).count()


def test_creating_a_pipeline_watches_its_source_and_looks_at_once():
    watch = make_watch()
    assert (watch.action, watch.is_polled, watch.next_look_at) == ("Fetch", True, NOW)
    assert executions(watch) == 0  # the first look starts it


def test_a_source_that_is_not_polled_is_watched_for_its_hook_and_creation_starts():
    watch = make_watch(polled=False)
    assert (watch.is_polled, watch.next_look_at, executions(watch)) == (False, None, 1)


def test_a_source_of_a_custom_type_is_not_watched():
    assert watches_of(make_pipeline()) == []


def test_an_update_keeps_the_address_and_the_cursor_of_the_same_source():
    watch = make_watch()
    see(watch, "a1")
    token = watch.token
    save_again(watch, polled=False)
    assert (watch.token, watch.revision_id, watch.is_polled) == (token, "a1", False)


def test_another_branch_is_another_source_and_starts_a_new_cursor():
    watch = make_watch()
    see(watch, "a1")
    save_again(watch, branch="next")
    assert watch.revision_id == ""
    assert see(watch, "a1")


def test_an_update_without_the_source_forgets_it():
    watch = make_watch()
    update_pipeline(watch.account, make_declaration(watch.account), by=BY, now=NOW)
    assert not SourceWatch.objects.exists()


def test_deleting_the_pipeline_forgets_its_sources():
    watch = make_watch()
    delete_pipeline(watch.account, "web", by=BY, now=NOW)
    assert not SourceWatch.objects.exists()
    assert see(watch, "a1") is False


def test_each_revision_starts_one_execution():
    """Shows INV-27 for polls."""
    watch = make_watch()
    assert [see(watch, revision) for revision in ("a1", "a1", "b2", "b2", "a1")] == [True, False, True, False, True]
    assert executions(watch) == 3
    newest = PipelineExecution.objects.order_by("-number")[0]
    assert (newest.trigger_type, newest.trigger_detail) == ("PollForSourceChanges", "Fetch")


def test_a_look_at_what_the_definition_no_longer_names_is_void():
    watch = make_watch()
    old = watch.configuration_digest
    save_again(watch, branch="next")
    assert see(watch, "a1", digest=old) is False
    watch.refresh_from_db()
    assert (watch.revision_id, executions(watch)) == ("", 0)


def test_a_look_at_a_deleted_pipeline_starts_nothing():
    watch = make_watch()
    Pipeline.objects.update(deleted_at=NOW)
    assert see(watch, "a1") is False


def test_a_look_that_is_due_is_queued_once_and_again_after_the_interval(settings):
    settings.SOURCE_POLL_SECONDS = 60
    make_watch()
    assert [enqueue_due_looks(now=NOW), enqueue_due_looks(now=NOW)] == [1, 0]
    assert enqueue_due_looks(now=NOW + timedelta(seconds=59)) == 0
    assert enqueue_due_looks(now=NOW + timedelta(seconds=60)) == 1
    assert OrmQ.objects.count() == 2


def test_a_source_that_is_not_polled_is_never_due():
    make_watch(polled=False)
    assert enqueue_due_looks(now=NOW + timedelta(days=1)) == 0


def test_a_source_that_cannot_be_looked_at_is_told_once_until_that_changes():
    watch = make_watch()
    for message in (NOBODY_HOME, NOBODY_HOME, "It asks for a password."):
        source_unavailable(watch.pk, "RevisionUnavailable", message, now=NOW)
    assert Event.objects.filter(kind="SourceUnavailable").count() == 2
    version = current_version(watch.pipeline)
    assert failing_watches(watch.pipeline, version)["Fetch"].error_message == "It asks for a password."
    see(watch, "a1")
    assert failing_watches(watch.pipeline, version) == {}


def test_a_hook_queues_a_look_and_says_what_it_looks_at(client, settings):
    watch = make_watch(polled=False)
    answer = client.post(hook_url(watch).removeprefix(settings.PUBLIC_URL))
    assert answer.status_code == 200
    assert answer.json() == {"pipeline": "web", "action": "Fetch", "message": "Looking at the source."}
    assert OrmQ.objects.count() == 1
    watch.refresh_from_db()
    assert watch.called_at is not None


@pytest.mark.parametrize("token", ["none", "3f1c9a52-7d04-4b8e-9a61-5c2e8f0d7b13", "x" * 900, "%00", "é"])
def test_an_address_that_nobody_was_given_is_not_found(client, token):
    make_watch()
    answer = client.post(f"/hooks/source/{token}/")
    assert answer.status_code == 404
    assert not OrmQ.objects.exists()


def test_an_address_whose_pipeline_is_gone_is_not_found(client):
    watch = make_watch()
    delete_pipeline(watch.account, "web", by=BY, now=NOW)
    assert client.post(f"/hooks/source/{watch.token}/").status_code == 404


def test_only_a_post_rings(client):
    watch = make_watch()
    assert client.get(f"/hooks/source/{watch.token}/").status_code == 405


def test_no_two_watches_share_an_address():
    assert len({make_watch().token for _ in range(5)}) == 5
