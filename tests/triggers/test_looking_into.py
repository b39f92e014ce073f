"""Events of which a host tells too little: the queue asks the host's git. Real git over HTTP on loopback."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from apps.core import clock
from apps.triggers.engine.git_event import GitEvent, Kind, PullRequestAction
from apps.triggers.services.git_events import MOST_AT_ONCE, event_arrived
from apps.triggers.tasks import PAUSES, look_into_event
from tests.factories import NOW, make_account, make_connection, make_pipeline
from tests.plugins.git_server import GitServer
from tests.plugins.repositories import commit, git, make_repository
from tests.triggers.connected import Connected, listening_declaration

pytestmark = pytest.mark.django_db
PASSWORD = "a-password-of-tests"
AWAY = "https://no-such-host.invalid"
SOURCES = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["src*"], "excludes": ["*.md"]}}


class Hosted(Connected):
    """As Connected, with a private repository harbor/board at a real host. Work goes on in `work`."""

    def __init__(self, host: GitServer, folder, git_filter: dict) -> None:
        self.account = make_account()
        how = {"url": host.url, "username": "reader", "password": PASSWORD}
        self.connection, self.secret = make_connection(self.account, provider_type="Gitea", **how)
        declaration = listening_declaration(self.account, self.connection.arn, git=git_filter)
        self.pipeline = make_pipeline(account=self.account, declaration=declaration)
        host.make_repository("harbor/board.git")
        self.host, self.work = host, make_repository(folder / "work")
        host.push(self.work, "harbor/board.git", "main")

    def commit(self, message: str, *refs: str, **files: str) -> str:
        made = commit(self.work, message, **files)
        self.host.push(self.work, "harbor/board.git", *(refs or ("HEAD",)))
        return made

    def head(self) -> str:
        return git(self.work, "rev-parse", "HEAD").strip()

    def is_at(self, url: str) -> None:
        self.connection.url = url
        self.connection.save()

    def arrives(self, event: GitEvent) -> int:
        return event_arrived(self.connection, event, ["1#0"], now=NOW)


@pytest.fixture
def hosted(tmp_path, settings):
    with GitServer(tmp_path / "host", password=PASSWORD) as host:
        settings.EGRESS_ALLOW = [f"127.0.0.1:{host.port}"]
        yield lambda git_filter: Hosted(host, tmp_path, git_filter)


def push(before: str, after: str, **facts) -> GitEvent:
    told = {"kind": Kind.PUSH, "repository": "harbor/board", "branch": "main", "before": before, "commit": after}
    return GitEvent(**told | facts)


def request(head: str, *, before: str = "") -> GitEvent:
    return GitEvent(
        kind=Kind.PULL_REQUEST,
        repository="harbor/board",
        commit=head,
        before=before,
        action=PullRequestAction.UPDATED,
        source_branch="feature",
        destination_branch="main",
    )


def run_queue() -> None:
    """Do what is due in the queue now."""
    for row in list(OrmQ.objects.filter(lock__lte=clock.database_now())):
        task = SignedPackage.loads(row.payload)
        row.delete()
        look_into_event(*task["args"])


def pass_time() -> None:
    """Let what is planned for later be due now."""
    OrmQ.objects.update(lock=clock.database_now())


def test_files_of_a_push_are_read_from_git(hosted):
    shop = hosted({"push": [SOURCES]})
    before = shop.head()
    after = shop.commit("Change", src_a__py="1", readme__md="2")
    assert shop.arrives(push(before, after)) == 0
    run_queue()
    assert [each.overrides for each in shop.started()] == [{"Fetch": {"COMMIT_ID": after}}]
    run_queue()
    shop.arrives(push(before, after))  # told again
    run_queue()
    event_arrived(
        shop.connection, push(before, after), ["2#0", "1#0"], now=NOW
    )  # and by another id beside the known one
    run_queue()
    assert len(shop.started()) == 1


def test_a_push_without_a_file_that_passes_starts_nothing(hosted):
    shop = hosted({"push": [SOURCES]})
    before = shop.head()
    shop.arrives(push(before, shop.commit("Change", src_a__md="1", readme__md="2")))
    run_queue()
    assert shop.started() == []
    assert (shop.connection.error_code, OrmQ.objects.count()) == ("", 0)


def test_a_pull_request_is_judged_by_what_it_changes_itself(hosted):
    shop = hosted({"pullRequest": [SOURCES]})
    git(shop.work, "switch", "--quiet", "-c", "feature")
    head = shop.commit("Words", readme__md="2")
    git(shop.work, "switch", "--quiet", "main")
    shop.commit("Meanwhile", src_b__py="1")  # in the destination only
    shop.arrives(request(head))
    run_queue()
    assert shop.started() == []
    git(shop.work, "switch", "--quiet", "feature")
    head = shop.commit("Code", src_c__py="1")
    event_arrived(shop.connection, request(head), ["2#0"], now=NOW)
    run_queue()
    assert [each.overrides for each in shop.started()] == [{"Fetch": {"COMMIT_ID": head}}]


def test_the_beginning_of_a_commits_id_is_completed(hosted):
    shop = hosted({"pullRequest": [{"branches": {"includes": ["main"]}}]})
    git(shop.work, "switch", "--quiet", "-c", "feature")
    head = shop.commit("Feature", x__txt="1")
    shop.arrives(request(head[:12]))
    run_queue()
    assert [each.overrides for each in shop.started()] == [{"Fetch": {"COMMIT_ID": head}}]
    event_arrived(shop.connection, request("0" * 12), ["2#0"], now=NOW)  # the branch is elsewhere by now
    run_queue()
    shop.connection.refresh_from_db()
    assert (shop.connection.error_code, len(shop.started())) == ("RevisionUnavailable", 1)


def test_what_is_refused_is_not_asked_for_again(hosted, settings):
    shop = hosted({"push": [SOURCES]})
    settings.EGRESS_ALLOW = []
    shop.is_at("https://127.0.0.1")
    shop.arrives(push(shop.head(), shop.commit("Change", src_a__py="1")))
    run_queue()
    shop.connection.refresh_from_db()
    assert shop.connection.error_code == "ConfigurationError"
    assert not OrmQ.objects.exists()


def test_a_host_that_is_away_is_asked_again_later_and_later(hosted):
    shop = hosted({"push": [SOURCES]})
    shop.is_at(AWAY)
    shop.arrives(push(shop.head(), "a" * 40))
    pauses = []
    while OrmQ.objects.exists():
        asked_at = clock.database_now()
        run_queue()
        run_queue()  # what is planned for later is not done now
        pauses += [planned - asked_at for planned in OrmQ.objects.values_list("lock", flat=True)]
        pass_time()
    assert [pause - pause % timedelta(seconds=30) for pause in pauses] == PAUSES
    shop.connection.refresh_from_db()
    assert shop.connection.error_code == "SystemUnavailable"
    assert PASSWORD not in shop.connection.error_message
    assert shop.started() == []


def test_a_host_that_is_back_is_asked_what_it_did_not_tell(hosted):
    shop = hosted({"push": [SOURCES]})
    before, after = shop.head(), shop.commit("Change", src_a__py="1")
    shop.is_at(AWAY)
    shop.arrives(push(before, after))
    run_queue()
    shop.is_at(shop.host.url)
    pass_time()
    run_queue()
    assert [each.overrides for each in shop.started()] == [{"Fetch": {"COMMIT_ID": after}}]
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize(("branch", "starts"), [("main", ["newer"]), ("other", ["newer", "older"])])
@pytest.mark.django_db(transaction=True)  # the scheduler closes connections that are old
def test_what_was_pushed_before_is_not_released_over_what_came_after_it(hosted, branch, starts):
    shop = hosted({"push": [{"branches": {"includes": ["main", "other"]}, "filePaths": {"includes": ["src*"]}}]})
    before = shop.head()
    older = shop.commit("Older", src_a__py="1")
    newer = shop.commit("Newer", src_a__py="2")
    shop.is_at(AWAY)
    shop.arrives(push(before, older))
    run_queue()
    shop.is_at(shop.host.url)
    event_arrived(shop.connection, push(older, newer, branch=branch), ["2#0"], now=NOW)
    run_queue()
    pass_time()
    run_queue()
    commits = {older: "older", newer: "newer"}
    assert sorted(commits[each.overrides["Fetch"]["COMMIT_ID"]] for each in shop.started()) == starts


@pytest.mark.parametrize("repository", ["../x", "-x/y", "a/../../b", "a b"])
def test_a_repository_that_is_none_is_not_asked(hosted, repository):
    shop = hosted({"push": [SOURCES]})
    row = shop.pipeline.git_listeners.get()
    row.repository = repository
    row.save()
    shop.host.asked.clear()
    shop.arrives(push(shop.head(), "a" * 40, repository=repository))
    run_queue()
    shop.connection.refresh_from_db()
    assert (shop.connection.error_code, shop.host.asked) == ("ConfigurationError", [])


def test_more_pipelines_than_a_call_can_wait_for_start_from_the_queue(hosted):
    shop = hosted({"push": [{"branches": {"includes": ["main"]}}]})
    for number in range(MOST_AT_ONCE + 2):
        shop.make_pipeline(name=f"more-{number}")
    assert shop.arrives(push(shop.head(), "a" * 40)) == MOST_AT_ONCE
    run_queue()
    pipelines = [each.pipeline_id for each in shop.started()]
    assert len(pipelines) == len(set(pipelines)) == MOST_AT_ONCE + 3
