"""The queue's broker: each task once, when it is due by the database's clock."""

from datetime import timedelta

import pytest
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ

from apps.core import clock
from apps.core.broker import DatabaseTimed

pytestmark = pytest.mark.django_db(transaction=True)  # a broker closes connections that are old


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(Conf, "POLL", 0)


def test_it_is_the_queues_broker():
    assert isinstance(get_broker(), DatabaseTimed)


def test_a_task_is_handed_out_once_and_is_gone_when_it_is_acknowledged():
    broker = DatabaseTimed()
    number = broker.enqueue("task")
    assert (broker.queue_size(), broker.lock_size()) == (1, 0)
    assert broker.dequeue() == [(number, "task")]
    assert broker.dequeue() is None
    assert (broker.queue_size(), broker.lock_size()) == (0, 1)
    broker.acknowledge(number)
    assert not OrmQ.objects.exists()


def test_a_task_that_nobody_acknowledged_is_handed_out_again_after_its_time():
    broker = DatabaseTimed()
    number = broker.enqueue("task")
    broker.dequeue()
    lock = OrmQ.objects.get().lock
    assert timedelta(seconds=Conf.RETRY - 5) < lock - clock.database_now() <= timedelta(seconds=Conf.RETRY)
    OrmQ.objects.update(lock=clock.database_now())
    assert broker.dequeue() == [(number, "task")]


def test_a_task_for_later_waits_until_then():
    later = clock.database_now() + timedelta(minutes=5)
    number = DatabaseTimed(due_at=later).enqueue("task")
    assert OrmQ.objects.get().lock == later
    broker = DatabaseTimed()
    assert broker.dequeue() is None
    OrmQ.objects.update(lock=later - timedelta(minutes=5))
    assert broker.dequeue() == [(number, "task")]
