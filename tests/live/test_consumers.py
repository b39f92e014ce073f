"""Sockets through their whole stack: who is refused, what is missed and made up for, what is too much."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import Client

from apps import events
from apps.events.selectors import last_sequence
from apps.jobs.services import append_log
from apps.live.hub import Hub
from apps.live.routing import sockets
from apps.tenancy.models import Membership
from tests.factories import NOW, attempt_at, first_execution, make_account, make_member, make_pipeline, settle
from tests.jobs.sharing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "127.0.0.1:8000"
ORIGIN = f"http://{HOST}"
SHORT_SECONDS = 0.1


class Scene:
    """A pipeline, somebody who may see it, and the application that their browser reaches."""

    def __init__(self) -> None:
        self.hub = Hub(look_seconds=SHORT_SECONDS)
        self.pipeline = make_pipeline()
        self.account = self.pipeline.account
        self.execution = first_execution(self.pipeline)
        self.client = Client()
        self.client.force_login(make_member(self.account), backend="django.contrib.auth.backends.ModelBackend")
        self.path = f"/live/a/{self.account.number}/pipelines/{self.pipeline.name}/"

    def application(self, **options):
        routes = sockets(hub=self.hub, **options)
        return AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))

    def cookie(self, client: Client | None = None) -> bytes:
        session = (client or self.client).cookies.get("session")
        return f"session={session.value}".encode() if session else b""


@pytest.fixture
def scene(transactional_db, tmp_path, settings):
    """A database that the hub's thread reads while the test writes, and a doorbell of this test's own."""
    settings.RUN_DIR = tmp_path / "run"
    with shared_database(tmp_path):
        scene = Scene()
        yield scene
        scene.hub.close()
        # The thread of synchronous work outlives the test, and its connection the test's database.
        SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def socket(scene: Scene, *, path="", origins=(ORIGIN,), hosts=(HOST,), cookie=None, **options) -> WebsocketCommunicator:
    headers = [
        *((b"host", host.encode()) for host in hosts),
        *((b"origin", origin.encode()) for origin in origins),
        (b"cookie", scene.cookie() if cookie is None else cookie),
    ]
    return WebsocketCommunicator(scene.application(**options), path or scene.path, headers=headers)


@asynccontextmanager
async def opened(scene: Scene, *, after: int | None = None, **options) -> AsyncIterator[WebsocketCommunicator]:
    tab = socket(scene, **options)
    assert (await tab.connect())[0]
    if after is not None:
        await tab.send_json_to({"after": after})
    yield tab
    await tab.disconnect()


async def heard(tab: WebsocketCommunicator, wanted) -> list[dict]:
    """Return what comes up to the first message that is wanted."""
    messages = []
    while not messages or not wanted(messages[-1]):
        messages.append(json.loads(await tab.receive_from(timeout=5)))
    return messages


async def closed(tab: WebsocketCommunicator) -> int:
    """Return the code with which the server hangs up."""
    while True:
        message = await tab.receive_output(timeout=5)
        if message["type"] == "websocket.close":
            return message["code"]


def is_caught_up(message: dict) -> bool:
    return "caught_up" in message


async def end_source(scene: Scene) -> None:
    await sync_to_async(settle)(scene.execution, "Fetch")


@pytest.mark.parametrize(
    ("origins", "hosts"),
    [
        ((), (HOST,)),
        (("null",), (HOST,)),
        (("http://evil.example",), (HOST,)),
        (("http://127.0.0.1.evil.example:8000",), (HOST,)),
        (("http://127.0.0.1:8001",), (HOST,)),
        (("http://localhost:8000",), (HOST,)),
        (("http://127.0.0.1:8000@evil.example",), (HOST,)),
        (("file://127.0.0.1:8000",), (HOST,)),
        ((ORIGIN, ORIGIN), (HOST,)),
        ((ORIGIN,), ()),
        ((ORIGIN,), (HOST, HOST)),
    ],
)
async def test_a_page_of_another_origin_is_refused_at_the_handshake(scene, origins, hosts):
    accepted, _ = await socket(scene, origins=origins, hosts=hosts).connect()
    assert not accepted


async def test_the_public_address_is_an_own_origin_behind_a_proxy(scene, settings):
    settings.PUBLIC_URL = "https://headrace.example"
    settings.ALLOWED_HOSTS = ["headrace.example"]
    accepted, _ = await socket(scene, origins=("https://headrace.example",), hosts=("10.0.0.7:8000",)).connect()
    assert accepted


async def test_the_unknown_are_refused_at_the_handshake(scene):
    for cookie in (b"", b"session=forged"):
        accepted, _ = await socket(scene, cookie=cookie).connect()
        assert not accepted


async def test_a_stranger_is_refused_at_the_handshake(scene):
    def stranger() -> bytes:
        client = Client()
        member = make_member(make_account("Strangers"))
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        return scene.cookie(client)

    cookie = await sync_to_async(stranger)()
    for path in (scene.path, f"/live/a/{scene.account.number}/"):
        accepted, _ = await socket(scene, cookie=cookie, path=path).connect()
        assert not accepted


@pytest.mark.parametrize("path", ["/live/a/000000000000/", "/live/a/{account}/pipelines/gone/"])
async def test_what_is_not_there_is_refused_at_the_handshake(scene, path):
    accepted, _ = await socket(scene, path=path.format(account=scene.account.number)).connect()
    assert not accepted


async def test_a_change_is_told_with_its_state(scene):
    seen = await sync_to_async(last_sequence)(scene.account)
    async with opened(scene, after=seen) as tab:
        await heard(tab, is_caught_up)
        await end_source(scene)
        messages = await heard(tab, lambda message: message.get("action") == "Make")
    ended = next(message for message in messages if message["kind"] == "ActionSucceeded")
    assert (ended["stage"], ended["action"], ended["state"]) == ("Source", "Fetch", "Succeeded")
    assert [message["sequence"] for message in messages] == list(range(seen + 1, seen + 1 + len(messages)))


async def test_what_was_missed_is_told_on_the_next_connection(scene):
    seen = await sync_to_async(last_sequence)(scene.account)
    async with opened(scene, after=seen) as tab:
        await heard(tab, is_caught_up)
    await end_source(scene)
    newest = await sync_to_async(last_sequence)(scene.account)
    async with opened(scene, after=seen) as tab:
        messages = await heard(tab, is_caught_up)
    assert [message["sequence"] for message in messages[:-1]] == list(range(seen + 1, newest + 1))
    assert messages[-1] == {"caught_up": newest}


async def test_nothing_is_lost_or_doubled_while_a_tab_catches_up(scene):
    async with opened(scene, after=0) as tab:
        await end_source(scene)
        newest = await sync_to_async(last_sequence)(scene.account)
        messages = await heard(tab, lambda message: message.get("sequence") == newest)
    assert [message["sequence"] for message in messages if "sequence" in message] == list(range(1, newest + 1))


async def test_a_tab_of_the_lists_hears_of_every_pipeline(scene):
    second = await sync_to_async(make_pipeline)(account=scene.account, name="second")
    async with opened(scene, path=f"/live/a/{scene.account.number}/", after=0) as tab:
        messages = await heard(tab, is_caught_up)
    assert {message["pipeline"] for message in messages[:-1]} == {scene.pipeline.name, second.name}


async def test_a_tab_of_a_pipeline_does_not_hear_of_another(scene):
    await sync_to_async(make_pipeline)(account=scene.account, name="second")
    async with opened(scene, after=0) as tab:
        messages = await heard(tab, is_caught_up)
    assert {message["pipeline"] for message in messages[:-1]} == {scene.pipeline.name}


async def test_who_is_too_far_behind_reads_the_page_again(scene):
    def happen_often() -> None:
        with events.transaction():
            for _ in range(501):
                events.record("ActionProgressed", account=scene.account, pipeline=scene.pipeline.name)

    await sync_to_async(happen_often)()
    async with opened(scene, after=0) as tab:
        assert json.loads(await tab.receive_from(timeout=5)) == {"reload": True}


async def test_a_number_from_the_future_reads_the_page_again(scene):
    async with opened(scene, after=10_000) as tab:
        assert json.loads(await tab.receive_from(timeout=5)) == {"reload": True}


async def test_every_tab_hears_it(scene):
    seen = await sync_to_async(last_sequence)(scene.account)
    async with opened(scene, after=seen) as one, opened(scene, after=seen) as two:
        for tab in (one, two):
            await heard(tab, is_caught_up)
        await end_source(scene)
        for tab in (one, two):
            await heard(tab, lambda message: message["kind"] == "StageStarted")


async def test_a_log_that_grows_is_told_to_who_follows_it(scene):
    action = await sync_to_async(attempt_at)(scene.execution, "Fetch")
    async with opened(scene, after=0) as tab:
        await heard(tab, is_caught_up)
        await tab.send_json_to({"log": str(action.pk)})
        await asyncio.sleep(SHORT_SECONDS)
        await sync_to_async(append_log)(scene.account, action.pk, start=0, content=b"hello", now=NOW)
        assert json.loads(await tab.receive_from(timeout=5)) == {"log": str(action.pk), "size": 5}


async def test_who_signed_out_is_hung_up_on(scene):
    async with opened(scene, after=0, recheck_seconds=SHORT_SECONDS) as tab:
        await heard(tab, is_caught_up)
        await sync_to_async(scene.client.logout)()
        assert await closed(tab) == 1008


async def test_who_left_the_account_is_hung_up_on(scene):
    async with opened(scene, after=0, recheck_seconds=SHORT_SECONDS) as tab:
        await heard(tab, is_caught_up)
        await sync_to_async(Membership.objects.all().delete)()
        assert await closed(tab) == 1008


async def test_who_may_still_be_here_stays(scene):
    async with opened(scene, after=0, recheck_seconds=SHORT_SECONDS / 4) as tab:
        await heard(tab, is_caught_up)
        assert await tab.receive_nothing(timeout=SHORT_SECONDS * 3)


async def test_who_never_says_what_they_show_is_hung_up_on(scene):
    async with opened(scene, recheck_seconds=SHORT_SECONDS) as tab:
        assert await closed(tab) == 1008


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "null",
        "[" * 5000,
        '{"after": -1}',
        '{"after": "1"}',
        '{"after": 99999999999999999999}',
        '{"after": 1, "log": "x"}',
        '{"log": "00000000-0000-0000-0000-000000000001"}',
        '{"forget": "00000000-0000-0000-0000-000000000001"}',
        '{"subscribe": "everything"}',
    ],
)
async def test_what_is_not_understood_is_hung_up_on(scene, text):
    async with opened(scene) as tab:
        await tab.send_input({"type": "websocket.receive", "text": text})
        assert await closed(tab) == 1008


@pytest.mark.parametrize("name", ["1/../2", "*", "x" * 100, "{00000000-0000-0000-0000-000000000001}", "A" * 36])
async def test_a_log_whose_name_is_no_id_is_hung_up_on(scene, name):
    async with opened(scene, after=0) as tab:
        await heard(tab, is_caught_up)
        await tab.send_json_to({"log": name})
        assert await closed(tab) == 1008


async def test_a_message_that_is_too_big_is_hung_up_on(scene):
    async with opened(scene) as tab:
        await tab.send_to(text_data="x" * 65_537)
        assert await closed(tab) == 1009


async def test_more_messages_in_a_second_than_a_tab_needs_are_hung_up_on(scene):
    action = await sync_to_async(attempt_at)(scene.execution, "Fetch")
    async with opened(scene, after=0) as tab:
        for _ in range(5):
            await tab.send_json_to({"log": str(action.pk)})
            await tab.send_json_to({"forget": str(action.pk)})
        assert await closed(tab) == 1008
