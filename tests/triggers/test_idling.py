"""Polling ends where nothing happened for thirty days, and begins again. Source: reference section 6.1."""

from datetime import timedelta

import pytest

from apps.events.models import Event
from apps.triggers.selectors import polling_disabled_at
from apps.triggers.services import end_idle_polling, enqueue_due_looks, resume_polling
from tests.factories import NOW, start
from tests.triggers.test_watching import make_watch, save_again, see

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATE = NOW + 31 * DAY


def test_polling_ends_once_after_thirty_idle_days_and_is_told_of():
    watch = make_watch()
    see(watch, "a1")
    moments = [NOW + 29 * DAY, NOW + 30 * DAY, NOW + 30 * DAY + timedelta(minutes=1), LATE]
    assert [end_idle_polling(now=moment) for moment in moments] == [0, 0, 1, 0]
    assert polling_disabled_at(watch.pipeline) == moments[2]
    assert enqueue_due_looks(now=LATE) == 0
    assert Event.objects.filter(kind="PollingDisabled", pipeline="web", action="Fetch").count() == 1


def test_a_pipeline_that_never_ran_is_idle_too():
    make_watch()
    assert end_idle_polling(now=LATE) == 1


def test_an_execution_or_a_new_definition_is_no_idleness():
    watch = make_watch()
    start(watch.pipeline, now=NOW + 5 * DAY)
    assert end_idle_polling(now=LATE) == 0
    other = make_watch()
    end_idle_polling(now=LATE)
    assert polling_disabled_at(watch.pipeline) is None
    assert polling_disabled_at(other.pipeline) == LATE


def test_a_source_that_is_not_polled_is_left_alone():
    watch = make_watch(polled=False)
    assert end_idle_polling(now=LATE) == 0
    assert polling_disabled_at(watch.pipeline) is None


def test_a_new_definition_switches_polling_on_at_once():
    watch = make_watch()
    end_idle_polling(now=LATE)
    save_again(watch, branch="next")
    assert (polling_disabled_at(watch.pipeline), watch.next_look_at) == (None, NOW)


def test_an_execution_switches_polling_on_and_nothing_is_started_twice():
    watch = make_watch()
    see(watch, "a1")
    end_idle_polling(now=LATE)
    assert resume_polling(now=LATE + DAY) == 0
    start(watch.pipeline, now=LATE + DAY)
    assert [resume_polling(now=LATE + 2 * DAY), resume_polling(now=LATE + 2 * DAY)] == [1, 0]
    assert polling_disabled_at(watch.pipeline) is None
    assert enqueue_due_looks(now=LATE + 2 * DAY) == 1
    assert see(watch, "a1") is False
