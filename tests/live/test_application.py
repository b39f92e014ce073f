"""Sockets through the whole application, with the session cookie that a browser sends: who may open one, and what
crosses from one account to another: nothing."""

import json
from urllib.parse import unquote

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from apps import events
from apps.events.selectors import last_sequence
from apps.jobs.services import append_log
from apps.live.hub import hub
from apps.pipelines.services import delete_pipeline
from apps.tenancy.models import Account, User
from pipelines_project.asgi import application
from tests.factories import BY, NOW, UNKNOWN, make_account, make_member, make_pipeline
from tests.jobs.sharing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "127.0.0.1:8000"
HERE = f"http://{HOST}"
ACTION = str(UNKNOWN)
SECONDS = 5


@pytest.fixture(autouse=True)
def live(transactional_db, tmp_path, settings):
    """A database that the hub's thread reads while the test writes, and a doorbell of this test's own."""
    settings.RUN_DIR = tmp_path / "run"
    with shared_database(tmp_path):
        yield
        hub.close()
        # The thread of synchronous work outlives the test, and its connection the test's database.
        SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def account(live) -> Account:
    return make_pipeline().account


@pytest.fixture
def member(account) -> User:
    return make_member(account)


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def path_of(account: Account, pipeline: str | None = "web") -> str:
    return f"/live/a/{account.number}/" + (f"pipelines/{pipeline}/" if pipeline is not None else "")


async def socket(
    account: Account,
    user: User | None,
    *,
    pipeline: str | None = "web",
    headers: list[tuple[bytes, bytes]] | None = None,
) -> WebsocketCommunicator:
    given = [(b"host", HOST.encode()), (b"origin", HERE.encode())] if headers is None else headers
    if user is not None:
        key = await sync_to_async(session_of)(user)
        given = [*given, (b"cookie", f"{django_settings.SESSION_COOKIE_NAME}={key}".encode())]
    return WebsocketCommunicator(application, path_of(account, pipeline), headers=given)


async def opens(communicator: WebsocketCommunicator) -> bool:
    accepted, _ = await communicator.connect(timeout=SECONDS)
    if accepted:
        await communicator.disconnect()
    return bool(accepted)


async def hears(communicator: WebsocketCommunicator) -> dict:
    message: dict = json.loads(await communicator.receive_from(timeout=SECONDS))
    return message


async def follow(account: Account, user: User, after: int, **how) -> WebsocketCommunicator:
    """Open a socket and say which event the page shows."""
    communicator = await socket(account, user, **how)
    assert (await communicator.connect(timeout=SECONDS))[0]
    await communicator.send_to(json.dumps({"after": after}))
    return communicator


async def closed_with(communicator: WebsocketCommunicator) -> int:
    while True:
        message = await communicator.receive_output(timeout=SECONDS)
        if message["type"] == "websocket.close":
            return int(message["code"])


@sync_to_async
def record(account: Account, *kinds: str, pipeline: str = "web") -> None:
    with events.transaction():
        for kind in kinds:
            events.record(kind, account=account, at=NOW, pipeline=pipeline)


@sync_to_async
def newest(account: Account) -> int:
    return last_sequence(account)


async def caught_up(communicator: WebsocketCommunicator) -> list[dict]:
    """Return what the socket says until it has caught up, that word included."""
    heard = [await hears(communicator)]
    while "caught_up" not in heard[-1] and "reload" not in heard[-1]:
        heard.append(await hears(communicator))
    return heard


@pytest.mark.parametrize("pipeline", ["web", None], ids=["pipeline", "account"])
async def test_a_member_opens_a_socket(account, member, pipeline):
    assert await opens(await socket(account, member, pipeline=pipeline))


@pytest.mark.parametrize("pipeline", ["web", None], ids=["pipeline", "account"])
async def test_whoever_has_not_signed_in_is_refused(account, pipeline):
    assert not await opens(await socket(account, None, pipeline=pipeline))


@pytest.mark.parametrize("pipeline", ["web", None], ids=["pipeline", "account"])
async def test_a_stranger_is_refused(account, pipeline):
    """Shows T-27."""
    stranger = await sync_to_async(lambda: make_member(make_account("Umbrella")))()
    assert not await opens(await socket(account, stranger, pipeline=pipeline))


@pytest.mark.parametrize("pipeline", ["none", "WEB", "web%2f", "a%00b", "x" * 500], ids=lambda name: name[:6])
async def test_a_pipeline_that_is_not_there_is_refused(account, member, pipeline):
    assert not await opens(await socket(account, member, pipeline=unquote(pipeline).replace("/", "-")))


async def test_a_deleted_pipeline_is_refused(account, member):
    await sync_to_async(delete_pipeline)(account, "web", by=BY, now=NOW)
    assert not await opens(await socket(account, member))


async def test_somebody_who_was_switched_off_is_refused(account, member):
    member.is_active = False
    await member.asave()
    assert not await opens(await socket(account, member))


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["http://evil.example"],
        ["null"],
        ["http://127.0.0.1:9999"],
        ["http://127.0.0.1:8000.evil.example"],
        ["http://127.0.0.1:8000@evil.example"],
        ["http://localhost:8000"],
        ["ftp://127.0.0.1:8000"],
        [HERE, "http://evil.example"],
        ["http://evil.example", HERE],
    ],
    ids=str,
)
async def test_a_page_of_another_origin_is_refused_at_the_handshake(account, member, origins):
    """Shows T-25."""
    headers = [(b"host", HOST.encode()), *((b"origin", origin.encode()) for origin in origins)]
    assert not await opens(await socket(account, member, headers=headers))


async def test_a_tab_hears_what_it_missed_and_then_that_it_has_caught_up(account, member):
    after = await newest(account)
    await record(account, "StageStarted", "StageSucceeded")
    heard = await caught_up(await follow(account, member, after))
    assert [message.get("kind") for message in heard] == ["StageStarted", "StageSucceeded", None]
    assert heard[-1] == {"caught_up": after + 2}
    assert [message["sequence"] for message in heard[:-1]] == [after + 1, after + 2]


async def test_no_account_hears_of_another(account, member):
    """Shows T-28: pipelines of the same name in two accounts."""
    other = await sync_to_async(lambda: make_pipeline(account=make_account("Umbrella")).account)()
    tab = await follow(account, member, await newest(account))
    await caught_up(tab)
    await record(other, "Theirs")
    await record(account, "Mine")
    assert (await hears(tab))["kind"] == "Mine"


async def test_events_between_catching_up_and_listening_are_neither_lost_nor_doubled(account, member):
    after = await newest(account)
    tab = await follow(account, member, after)
    for _ in range(20):
        await record(account, "StageStarted")
    numbers: list[int] = []
    while not numbers or numbers[-1] < after + 20:
        message = await hears(tab)
        numbers += [message["sequence"]] if "sequence" in message else []
    assert numbers == list(range(after + 1, after + 21))


async def test_a_log_of_another_account_is_not_heard(account, member):
    other = await sync_to_async(make_account)("Umbrella")
    tab = await follow(account, member, await newest(account))
    await caught_up(tab)
    await tab.send_to(json.dumps({"log": ACTION}))
    await record(account, "Asked")
    await hears(tab)
    await sync_to_async(append_log)(other, UNKNOWN, start=0, content=b"theirs", now=NOW)
    await record(account, "After")
    assert (await hears(tab))["kind"] == "After"
