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


def test_quick_work_follows_one_another_and_slow_work_is_passed():
    threads, held, names = LastingThreads(3, "test", at_once=1), threading.Event(), []

    def quick():
        names.append(threading.current_thread().name)

    async def all_of_it():
        for _ in range(20):
            await asyncio.gather(*(threads.run(quick) for _ in range(5)))
        slow = [asyncio.ensure_future(threads.run(held.wait, 30)) for _ in range(2)]
        await asyncio.wait_for(threads.run(quick), 20)
        held.set()
        assert await asyncio.gather(*slow) == [True, True]

    asyncio.run(all_of_it())
    threads.end()
    assert names[-1] == "test-2"


def test_work_that_waits_for_a_slow_one_is_begun_although_nothing_new_comes():
    threads, held = LastingThreads(2, "test", at_once=1), threading.Event()

    async def wait_and_be_passed():
        slow, quick = asyncio.ensure_future(threads.run(held.wait, 30)), asyncio.ensure_future(threads.run(held.set))
        return await asyncio.wait_for(asyncio.gather(slow, quick), 20)

    assert asyncio.run(wait_and_be_passed()) == [True, None]
    threads.end()


def test_more_slow_work_than_threads_is_done_all_the_same():
    threads, meet, done = LastingThreads(2, "test", at_once=1), threading.Barrier(2, timeout=20), []

    def work(number):
        meet.wait()
        done.append(number)

    async def all_of_it():
        await asyncio.wait_for(asyncio.gather(*(threads.run(work, number) for number in range(8))), 60)

    asyncio.run(all_of_it())
    threads.end()
    assert sorted(done) == list(range(8))


def test_threads_serve_one_event_loop_after_another():
    threads = LastingThreads(2, "test", at_once=1)
    for _ in range(3):
        held = threading.Event()

        async def wait_and_be_passed(held=held):
            return await asyncio.gather(threads.run(held.wait, 20), threads.run(held.set))

        assert asyncio.run(wait_and_be_passed()) == [True, None]  # False: it was not passed
    threads.end()


def test_what_takes_all_places_is_alone_until_it_is_slow(threads):
    begun, gate, order = threading.Event(), threading.Event(), []

    def change():
        begun.set()
        gate.wait(5)
        order.append("change")

    async def both(change_is_slow):
        threads._at_work = lambda: 0 if change_is_slow else sum(places for _, places in threads._busy.values())
        changing = asyncio.ensure_future(threads.run(change, takes_all_places=True))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        reading = asyncio.ensure_future(threads.run(order.append, "read"))
        await asyncio.sleep(0.02)
        gate.set()
        await asyncio.gather(changing, reading)

    asyncio.run(both(change_is_slow=False))
    assert order == ["change", "read"]
    begun.clear()
    gate.clear()
    order.clear()
    asyncio.run(both(change_is_slow=True))
    assert order == ["read", "change"]


def test_all_that_waited_for_what_took_all_places_begins_after_it(threads):
    begun, gate, meet = threading.Event(), threading.Event(), threading.Barrier(2, timeout=5)

    def change():
        begun.set()
        gate.wait(5)

    async def all_three():
        threads._at_work = lambda: sum(places for _, places in threads._busy.values())
        changing = asyncio.ensure_future(threads.run(change, takes_all_places=True))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        reading = [asyncio.ensure_future(threads.run(meet.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(changing, *reading)

    asyncio.run(all_three())


def test_nobody_overtakes_what_waits_for_all_places(threads):
    begun, gate, order = threading.Event(), threading.Event(), []

    def read():
        begun.set()
        gate.wait(5)

    async def all_three():
        threads._at_work = lambda: sum(places for _, places in threads._busy.values())
        reading = [asyncio.ensure_future(threads.run(read)) for _ in range(2)]
        while not begun.is_set():
            await asyncio.sleep(0.001)
        changing = asyncio.ensure_future(threads.run(order.append, "change", takes_all_places=True))
        await asyncio.sleep(0)
        late = asyncio.ensure_future(threads.run(order.append, "read"))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*reading, changing, late)

    asyncio.run(all_three())
    assert order == ["change", "read"]
