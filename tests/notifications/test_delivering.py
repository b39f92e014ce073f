"""At least once and in order: who may send, what an answer leads to, who is next."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django_q.models import OrmQ

from apps.events.models import Event
from apps.notifications.engine.schedule import MOST_ATTEMPTS, PAUSES, Answer
from apps.notifications.errors import DeliveryNotDead, DeliveryNotFound
from apps.notifications.models import Delivery
from apps.notifications.selectors import list_deliveries
from apps.notifications.services import (
    claim_delivery,
    enqueue_due_deliveries,
    forget_old_deliveries,
    resend_delivery,
    settle_delivery,
)
from apps.notifications.services.delivering import ENQUEUE_AGAIN, LEASE
from tests.factories import NOW, make_account, make_pipeline
from tests.jobs.sharing import shared_database
from tests.notifications.making import REFUSED, TAKEN, attempt, hand_on, make_rule

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
GONE = Answer(taken=False, status=410, error="It answered 410.")


@pytest.fixture
def line() -> list[Delivery]:
    """Three deliveries to one target about one pipeline."""
    account = make_account()
    make_rule(account)
    make_pipeline(account=account)
    return hand_on()


def fresh(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def states(line: list[Delivery]) -> list[str]:
    return [fresh(delivery).state for delivery in line]


def kill(delivery: Delivery, *, now=NOW) -> None:
    attempt(delivery, GONE, now=now)


def test_one_that_arrived_gives_the_next_its_turn(line):
    assert attempt(line[0], TAKEN) == line[1].pk
    assert states(line) == ["Delivered", "Pending", "Pending"]
    assert [fresh(row).next_attempt_at for row in line] == [None, NOW, None]


def test_one_behind_cannot_be_sent_before(line):
    assert claim_delivery(line[1].pk, now=NOW + LEASE) is None


def test_the_last_has_nobody_behind(line):
    assert [attempt(each, TAKEN) for each in line] == [line[1].pk, line[2].pk, None]


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS))
def test_one_that_was_refused_waits_its_pause_and_holds_up_the_line(line, attempts):
    Delivery.objects.filter(pk=line[0].pk).update(attempts=attempts - 1)
    assert attempt(line[0], REFUSED) is None
    pause = PAUSES[attempts - 1]
    assert fresh(line[0]).next_attempt_at == NOW + pause
    assert (line[0].state, line[0].last_error) == ("Pending", "It answered 500.")
    assert claim_delivery(line[0].pk, now=NOW + pause - SECOND) is None
    assert claim_delivery(line[1].pk, now=NOW + pause) is None
    assert claim_delivery(line[0].pk, now=NOW + pause) is not None


def test_the_last_refusal_gives_it_up_with_an_event_and_lets_the_line_go_on(line, caplog):
    Delivery.objects.filter(pk=line[0].pk).update(attempts=MOST_ATTEMPTS - 1)
    assert attempt(line[0], REFUSED) == line[1].pk
    assert states(line) == ["Dead", "Pending", "Pending"]
    event = Event.objects.get(kind="NotificationDead")
    assert (event.pipeline, event.data["message"]) == ("web", "It answered 500.")
    assert f"Gave up notification {line[0].message_id}" in caplog.text


def test_a_receiver_that_is_gone_is_not_asked_again(line):
    assert attempt(line[0], GONE) == line[1].pk
    assert states(line)[0] == "Dead"


def test_of_two_that_claim_one_gets_it(line):
    assert claim_delivery(line[0].pk, now=NOW) is not None
    assert claim_delivery(line[0].pk, now=NOW) is None


def test_what_a_sender_that_died_held_is_sent_by_another(line):
    claim_delivery(line[0].pk, now=NOW)
    assert claim_delivery(line[0].pk, now=NOW + LEASE - SECOND) is None
    again = claim_delivery(line[0].pk, now=NOW + LEASE)
    assert again is not None
    assert again.attempts == 2


def test_a_late_refusal_does_not_disturb_who_sends_now(line):
    late = claim_delivery(line[0].pk, now=NOW)
    claim_delivery(line[0].pk, now=NOW + LEASE)
    settle_delivery(late, REFUSED, now=NOW + LEASE)
    assert fresh(line[0]).next_attempt_at == NOW + 2 * LEASE


def test_a_late_word_that_it_arrived_counts(line):
    late = claim_delivery(line[0].pk, now=NOW)
    now = claim_delivery(line[0].pk, now=NOW + LEASE)
    assert settle_delivery(late, TAKEN, now=NOW + LEASE) == line[1].pk
    assert settle_delivery(now, REFUSED, now=NOW + LEASE) is None
    assert states(line) == ["Delivered", "Pending", "Pending"]


def test_one_whose_senders_all_died_is_given_up(line):
    moment = NOW
    for _ in range(MOST_ATTEMPTS):
        assert claim_delivery(line[0].pk, now=moment) is not None
        moment += LEASE
    assert claim_delivery(line[0].pk, now=moment) is None
    assert states(line) == ["Dead", "Pending", "Pending"]


def test_what_is_due_is_enqueued_once_and_again_when_nobody_came(line):
    assert [enqueue_due_deliveries(now=NOW), enqueue_due_deliveries(now=NOW + SECOND)] == [1, 0]
    assert enqueue_due_deliveries(now=NOW + ENQUEUE_AGAIN) == 1
    assert OrmQ.objects.count() == 2


def test_what_is_being_sent_and_what_waits_its_pause_is_not_enqueued(line):
    claimed = claim_delivery(line[0].pk, now=NOW)
    assert enqueue_due_deliveries(now=NOW + SECOND) == 0
    settle_delivery(claimed, REFUSED, now=NOW)
    assert enqueue_due_deliveries(now=NOW + PAUSES[0] - SECOND) == 0
    assert enqueue_due_deliveries(now=NOW + PAUSES[0]) == 1


def test_a_dead_one_is_sent_again_with_all_its_attempts(line):
    for each in line:
        kill(each)
    resend_delivery(line[1].account, line[1].pk, now=NOW + SECOND)
    claimed = claim_delivery(line[1].pk, now=NOW + SECOND)
    assert claimed is not None
    assert (claimed.attempts, claimed.message_id, claimed.body) == (1, line[1].message_id, line[1].body)


def test_a_dead_one_is_sent_again_before_those_that_wait_but_not_beside_them(line):
    kill(line[0])
    claimed = claim_delivery(line[1].pk, now=NOW)
    resend_delivery(line[0].account, line[0].pk, now=NOW)
    assert claim_delivery(line[0].pk, now=NOW) is None
    assert settle_delivery(claimed, TAKEN, now=NOW) == line[0].pk
    assert attempt(line[0], TAKEN) == line[2].pk


def test_only_a_dead_one_can_be_sent_again(line):
    with pytest.raises(DeliveryNotDead, match="is Pending"):
        resend_delivery(line[0].account, line[0].pk, now=NOW)


def test_a_delivery_of_another_account_is_not_found(line):
    kill(line[0])
    stranger = make_account("Stranger")
    with pytest.raises(DeliveryNotFound):
        resend_delivery(stranger, line[0].pk, now=NOW)
    assert states(line)[0] == "Dead"
    assert list(list_deliveries(stranger, size=10, token=None).rows) == []


def test_deliveries_are_listed_by_state_in_pages(line):
    account = line[0].account
    kill(line[0])
    assert [row.pk for row in list_deliveries(account, state="Dead", size=10, token=None).rows] == [line[0].pk]
    first = list_deliveries(account, size=2, token=None)
    second = list_deliveries(account, size=2, token=first.next_token)
    assert [row.pk for row in [*first.rows, *second.rows]] == [row.pk for row in reversed(line)]


def test_what_arrived_is_forgotten_after_a_week_and_what_died_after_a_month(line):
    attempt(line[0], TAKEN)
    kill(line[1])
    forget_old_deliveries(now=NOW + timedelta(days=7))
    assert Delivery.objects.count() == 3
    forget_old_deliveries(now=NOW + timedelta(days=8))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"Dead", "Pending"}
    forget_old_deliveries(now=NOW + timedelta(days=31))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"Pending"}


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_enqueues_and_one_claims(tmp_path):
    with shared_database(tmp_path):
        race_for_one_delivery()


def race_for_one_delivery() -> None:
    account = make_account()
    make_rule(account)
    make_pipeline(account=account)
    first = hand_on()[0]
    barrier, enqueued, claimed = Barrier(4, timeout=30), [], []

    def work() -> None:
        barrier.wait()
        enqueued.append(enqueue_due_deliveries(now=NOW))
        barrier.wait()
        claimed.append(claim_delivery(first.pk, now=NOW))
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(enqueued) == 1
    assert len([each for each in claimed if each is not None]) == 1
