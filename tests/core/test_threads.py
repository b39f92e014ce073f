import asyncio
import threading

import pytest

from apps.core.threads import LastingThreads


@pytest.fixture
def threads():
    made = LastingThreads(2, "test")
    yield made
    made.end()


def test_work_is_done_on_a_thread_that_stays(threads):
    async def names():
        return [await threads.run(lambda: threading.current_thread().name) for _ in range(20)]

    assert set(asyncio.run(names())) <= {"test-0", "test-1"}


def test_what_work_raises_arrives(threads):
    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(lambda: 1 // 0))


def test_as_much_is_done_at_once_as_there_are_threads(threads):
    meet = threading.Barrier(2, timeout=5)

    async def both():
        await asyncio.gather(threads.run(meet.wait), threads.run(meet.wait))

    asyncio.run(both())


def test_work_whose_asker_left_before_it_began_is_not_done(threads):
    done, gate = [], threading.Event()

    async def leave():
        busy = [asyncio.ensure_future(threads.run(gate.wait, 5)) for _ in range(2)]
        left = asyncio.ensure_future(threads.run(done.append, "left"))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*busy)
        await threads.run(done.append, "stayed")

    asyncio.run(leave())
    assert done == ["stayed"]


def test_the_end_waits_for_what_has_begun():
    threads, done, begun = LastingThreads(1, "test"), [], threading.Event()

    def work():
        begun.set()
        done.append(1)

    async def begin():
        task = asyncio.ensure_future(threads.run(work))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(begin())
    threads.end()
    assert bool(done) is begun.is_set()
