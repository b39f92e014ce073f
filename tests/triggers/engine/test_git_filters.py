"""Which events start a pipeline. Source: reference sections 6.2 and 6.4."""

import pytest

from apps.triggers.engine.git_event import GitEvent, Kind, PullRequestAction
from apps.triggers.engine.git_filters import Listening, needs_files, passes, starts

COMMIT = "a" * 40


def push(branch: str = "", *, tag: str = "", **facts) -> GitEvent:
    return GitEvent(kind=Kind.PUSH, repository="harbor/board", commit=COMMIT, branch=branch, tag=tag, **facts)


def request(action: str = "OPEN", *, to: str = "main", **facts) -> GitEvent:
    return GitEvent(
        kind=Kind.PULL_REQUEST,
        repository="harbor/board",
        commit=COMMIT,
        action=PullRequestAction(action),
        source_branch="feature/x",
        destination_branch=to,
        **facts,
    )


def names(*includes: str, excludes: tuple[str, ...] = ()) -> dict:
    return ({"includes": list(includes)} if includes else {}) | ({"excludes": list(excludes)} if excludes else {})


def on(*, pushes: tuple[dict, ...] = (), requests: tuple[dict, ...] = ()) -> Listening:
    git: dict = {"sourceActionName": "Fetch"}
    git |= {"push": list(pushes)} if pushes else {}
    git |= {"pullRequest": list(requests)} if requests else {}
    return Listening("main", detects=False, git=git)


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        (names("main"), ["main"], ["dev"]),
        (names("main", "dev"), ["main", "dev"], ["x"]),
        (names(excludes=("dev",)), ["main", "x"], ["dev"]),
        (names("feature/**", excludes=("feature/no",)), ["feature/x"], ["feature/no", "main"]),
        (names("main", excludes=("main",)), [], ["main"]),
        ({}, ["anything"], []),
        ({"includes": [], "excludes": []}, ["anything"], []),
    ],
)
def test_an_exclude_beats_an_include(wanted, yes, no):
    """Shows the first half of CP-160."""
    assert [name for name in yes if not passes(name, wanted)] == []
    assert [name for name in no if passes(name, wanted)] == []


@pytest.mark.parametrize(
    ("listening", "event", "expected"),
    [
        (Listening("main"), push("main"), True),
        (Listening("main"), push("dev"), False),
        (Listening("main"), push("main", is_deleted=True), False),
        (Listening("main"), push(tag="main"), False),
        (Listening("main"), request(), False),
        (Listening("main", detects=False), push("main"), False),
    ],
)
def test_without_a_trigger_a_push_to_the_branch_starts(listening, event, expected):
    assert starts(event, listening) is expected


def test_a_trigger_without_filters_takes_pushes_to_the_branch_of_its_action():
    found = [starts(event, on()) for event in (push("main"), push("x/y"), push(tag="v1"), request())]
    assert found == [True, False, False, False]
    assert not starts(push("main", is_deleted=True), on())


def test_what_comes_from_a_fork_starts_nothing():
    anything = on(requests=({},))
    assert starts(request(source_repository="Harbor/Board"), anything)
    assert not starts(request(source_repository="stranger/board"), anything)
    files = on(requests=({"filePaths": names("**")},))
    assert not needs_files(request(source_repository="stranger/board"), files)


FILES = {"branches": names("main"), "filePaths": names("src/**", excludes=("src/docs/**",))}


@pytest.mark.parametrize(
    ("pushes", "event", "expected"),
    [
        (({"tags": names("v*")},), push(tag="v1"), True),
        (({"tags": names("v*")},), push(tag="x1"), False),
        (({"tags": names("v*")},), push("v1"), False),
        (({"branches": names("main")},), push("main"), True),
        (({"branches": names("main")},), push(tag="main"), False),
        (({"branches": names("main")}, {"branches": names("dev")}), push("dev"), True),
        (({"tags": names("v*")}, {"branches": names("dev")}), push("dev"), True),
        ((FILES,), push("main", files=("src/a.py",)), True),
        ((FILES,), push("dev", files=("src/a.py",)), False),
        ((FILES,), push("main", files=("readme.md",)), False),
        ((FILES,), push("main", files=("src/docs/a.md", "src/a.py")), True),
        ((FILES,), push("main", files=("src/docs/a.md",)), False),
        ((FILES,), push("main", files=()), False),
        ((FILES,), push("main", files=None), False),
        ((FILES,), push("main", files=("src/a.py",), is_new=True), False),
        (({"branches": names("**")},), push("new", is_new=True), True),
        ((FILES,), push("main", files=(*(f"x{number}" for number in range(99)), "src/a.py")), True),
        ((FILES,), push("main", files=(*(f"x{number}" for number in range(100)), "src/a.py")), False),
        (({"branches": names("main")},), request(), False),
    ],
)
def test_push_filters(pushes, event, expected):
    """Shows the second half of CP-160: an excluded file does not veto another."""
    assert starts(event, on(pushes=pushes)) is expected


@pytest.mark.parametrize(
    ("requests", "event", "expected"),
    [
        (({},), request(), True),
        (({"branches": names("main")},), request("CLOSED"), True),  # all events without a list
        (({"branches": names("main")},), request(to="dev"), False),
        (({"branches": names("feature/*")},), request(), False),  # the destination counts, not the source
        (({"events": ["OPEN", "UPDATED"]},), request("UPDATED"), True),
        (({"events": ["OPEN", "UPDATED"]},), request("CLOSED"), False),
        (({"events": ["CLOSED"], "branches": names("main")},), request("CLOSED"), True),
        (({"events": ["CLOSED"], "branches": names("main")},), request("CLOSED", to="dev"), False),
        (({"branches": names("main"), "filePaths": names("src/*")},), request(files=("src/a",)), True),
        (({"branches": names("main"), "filePaths": names("src/*")},), request(files=("a",)), False),
        (({"branches": names("main")},), push("main"), False),
    ],
)
def test_pull_request_filters(requests, event, expected):
    assert starts(event, on(requests=requests)) is expected


def test_pushes_and_pull_requests_are_either():
    both = on(pushes=({"branches": names("main")},), requests=({"branches": names("main")},))
    assert [starts(event, both) for event in (push("main"), request(), push("dev"))] == [True, True, False]


def test_files_are_needed_only_where_they_decide_and_are_unknown():
    listening = on(requests=({"branches": names("main"), "filePaths": names("src/*")},))
    assert needs_files(request(), listening)
    assert not needs_files(request(files=()), listening)
    assert not needs_files(push("main"), listening)
    assert not needs_files(request(), Listening("main"))
    assert not needs_files(request(to="dev"), listening)  # the branch decides alone


def test_files_of_a_push_are_needed_as_well():
    listening = on(pushes=({"branches": names("main"), "filePaths": names("src/*")},))
    assert needs_files(push("main"), listening)
    assert not needs_files(push("main", is_new=True), listening)
    assert not needs_files(push("main", is_deleted=True), listening)
    assert not needs_files(push("dev"), listening)
