"""Which calls are answered on the event loop's own thread, and how the others get to a thread."""

import asyncio
import threading

import pytest

from apps.awsapi.asgi import WireApi
from apps.awsapi.registry import Operation
from apps.core.in_place import NotInPlace
from apps.core.rates import Buckets
from apps.tenancy import throttle
from apps.tenancy.roles import Role
from tests.awsapi.driver import cbor_call, credentials, json_call, send, wire
from tests.awsapi.signing import NOW

TYPE = {"category": "Build", "owner": "Custom", "provider": "Rust", "version": "1"}
HERE = threading.current_thread().name


class Here:
    """Stands for a file that can be used in place, and notes what was asked of it."""

    def __init__(self) -> None:
        self.keys: list[tuple] = []
        self.changes: list[bool] = []

    def run(self, key, work, *, changes=False):
        self.keys.append(key)
        self.changes.append(changes)
        return work()


def named(name: str, answer, **flags) -> Operation:
    return Operation(name, lambda caller, request: answer(), **flags)


def served(*operations: Operation):
    application = wire(*operations)
    application.short_work = Here()
    return application


@pytest.fixture
def told():
    """Return an operation's answer, which notes on which thread it was made."""
    where: list[str] = []

    def answer():
        where.append(threading.current_thread().name)

    answer.where = where
    return answer


@pytest.mark.parametrize("call", [json_call, cbor_call])
async def test_a_read_is_answered_in_place(told, call):
    application = served(named("ListPipelines", told))
    assert (await send(application, call("ListPipelines", {}))).status == 200
    assert told.where == [HERE]


async def test_a_change_is_made_on_a_thread(told):
    application = served(named("DeletePipeline", told))
    assert (await send(application, json_call("DeletePipeline", {"name": "web"}))).status == 200
    assert told.where == ["wire-0"]
    assert application.short_work.keys == []


JOB = {"jobId": "9f1f8c1e-3b1c-4f5e-8a55-2f6a0d3f7c11", "nonce": "3"}


async def test_a_change_that_work_waits_for_is_made_in_place(told):
    application = served(named("AcknowledgeJob", told, changes_in_place=True))
    assert (await send(application, json_call("AcknowledgeJob", JOB))).status == 200
    assert told.where == [HERE]
    assert application.short_work.changes == [True]


async def test_a_change_that_would_wait_goes_on_on_a_thread(told):
    def answer():
        told()
        if threading.current_thread().name == HERE:
            raise NotInPlace

    application = served(named("AcknowledgeJob", answer, changes_in_place=True))
    assert (await send(application, json_call("AcknowledgeJob", JOB))).status == 200
    assert told.where == [HERE, "wire-0"]


async def test_a_poll_reads_and_changes_something_only_when_it_finds_a_job(told):
    poll = json_call("PollForJobs", {"actionTypeId": TYPE})
    found = []

    def answer():
        told()
        if found and not application.short_work.changes[-1]:
            raise NotInPlace

    application = served(named("PollForJobs", answer, changes_in_place=True))
    assert (await send(application, poll)).status == 200
    assert application.short_work.changes == [False]
    found.append("a job")
    assert (await send(application, poll)).status == 200
    assert application.short_work.changes == [False, False, True]
    assert told.where == [HERE] * 3


async def test_what_turns_out_to_write_goes_on_on_a_thread_and_is_counted_once(told, monkeypatch):
    monkeypatch.setattr(throttle, "_buckets", Buckets())
    caller = credentials(Role.ADMIN)
    caller.account.reads_per_second = 1  # and twice as many at once

    def answer():
        told()
        if threading.current_thread().name == HERE:
            raise NotInPlace

    operations = {"ListPipelines": named("ListPipelines", answer)}
    application = WireApi(operations=operations, find_credentials=lambda key_id, token: caller, clock=lambda: NOW)
    application.short_work = Here()
    application.threads.is_at_work = lambda: False  # the thread tells of its result before it is idle
    replies = [await send(application, json_call("ListPipelines", {})) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 400]
    assert [place.partition("-")[0] for place in told.where] == [HERE, "wire"] * 2


async def test_a_read_waits_for_its_turn_while_a_thread_computes(told):
    gate, begun = threading.Event(), threading.Event()

    def change():
        begun.set()
        gate.wait(5)

    application = served(named("DeletePipeline", change), named("ListPipelines", told))
    application.threads.is_at_work = lambda: begun.is_set() and not gate.is_set()  # whatever 5 ms are on this machine
    changing = asyncio.ensure_future(send(application, json_call("DeletePipeline", {"name": "web"})))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    reading = asyncio.ensure_future(send(application, json_call("ListPipelines", {})))
    await asyncio.sleep(0.01)
    gate.set()
    assert [(await each).status for each in (changing, reading)] == [200, 200]
    assert told.where[0].startswith("wire-")


async def test_a_refusal_is_told_in_place():
    application = served(named("ListPipelines", lambda: None))
    reply = await send(application, json_call("ListPipelines", {}, secret="another secret"))
    assert reply.error == "InvalidSignatureException"
    assert len(application.short_work.keys) == 1


async def test_callers_do_not_share_what_is_known_of_a_read():
    application = served(named("ListPipelines", lambda: None))
    for key_id in ("admin", "viewer"):
        await send(application, json_call("ListPipelines", {}, key_id=key_id))
    assert len(set(application.short_work.keys)) == 2
