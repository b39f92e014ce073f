"""The clock of a SQLite file, when that of its host is set."""

import errno
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection, connections, transaction
from django.db.models import DateTimeField
from django.db.utils import ConnectionHandler

from apps.core import clock, together
from apps.core.connections import settled
from apps.core.ids import new_id
from apps.core.sqlite3 import timeline as module
from apps.core.sqlite3.timeline import COUNTED, ClockWasSet, Counted, Timeline, follow_the_host, timeline_of
from apps.jobs.models import Job
from apps.tenancy.models import Account
from apps.triggers.models import Schedule
from tests.factories import NOW, make_account, make_execution

HOUR = 3600.0
NEAR_SECONDS = 0.5


class Host:
    """The host's clock, which a test sets by so many seconds."""

    def __init__(self) -> None:
        self.off = 0.0
        self.real = time.time

    def time(self) -> float:
        return self.real() + self.off


@pytest.fixture
def host(monkeypatch) -> Host:
    made = Host()
    monkeypatch.setattr(module.time, "time", made.time)
    return made


@pytest.fixture
def timeline(tmp_path, host) -> Timeline:
    return Timeline.at(tmp_path / "clock", boot="a" * 36)


def test_it_counts_from_what_the_host_says_at_first(timeline, host):
    assert abs(timeline.behind()) < NEAR_SECONDS
    host.off = HOUR
    assert abs(timeline.behind() - HOUR) < NEAR_SECONDS


def test_all_processes_have_the_same(timeline, tmp_path, host):
    host.off = HOUR
    other = Timeline.at(tmp_path / "clock", boot="a" * 36)
    assert other.zero == timeline.zero
    other.zero += 5
    assert other.zero == timeline.zero


@pytest.mark.parametrize("kept", [b"", b"short", None])
def test_it_begins_anew_with_the_machine_or_where_nothing_is_kept(kept, tmp_path, timeline, host):
    host.off = HOUR
    path = tmp_path / "clock"
    if kept is not None:
        path = tmp_path / "other"
        path.write_bytes(kept)
    assert abs(Timeline.at(path, boot="b" * 36).behind()) < NEAR_SECONDS


def connected_to(path: str) -> Any:
    """Have this thread's connection be one to a file. Returns it."""
    settings = {**configured.DATABASES["default"], "NAME": path}
    connections["default"] = ConnectionHandler({"default": settings})["default"]
    return connections["default"]


@pytest.fixture
def file(tmp_path, host) -> Iterator[None]:
    """Have this thread's connection be one to a file with all tables."""
    usual = connections["default"]
    usual.ensure_connection()
    own = connected_to(str(tmp_path / "timeline.sqlite3"))
    own.ensure_connection()
    usual.connection.backup(own.connection)
    yield
    own.close()
    connections["default"] = usual


on_sqlite = pytest.mark.skipif(not configured.ON_SQLITE, reason="PostgreSQL has a clock of its own")


@pytest.fixture
def job(file) -> Job:
    make_execution()
    job = Job.objects.get(ended_at=None)
    job.created_at = job.available_at = now = clock.database_now()
    job.lease_until, job.deadline_at = now + timedelta(seconds=25), now + timedelta(hours=1)
    job.save()
    return job


def of(job: Job) -> list[datetime]:
    job.refresh_from_db()
    return [job.available_at, job.lease_until, job.deadline_at]


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [HOUR, -2 * HOUR, 24 * HOUR])
def test_what_is_counted_moves_with_a_clock_that_is_set(by, job, host):
    before, now = of(job), clock.database_now()
    host.off = by
    assert abs((clock.database_now() - now).total_seconds()) < NEAR_SECONDS  # nobody has followed yet
    follow_the_host()
    moved = [(after - moment).total_seconds() for after, moment in zip(of(job), before, strict=True)]
    assert moved == pytest.approx([by] * 3, abs=NEAR_SECONDS)
    assert abs((clock.database_now() - now).total_seconds() - by) < NEAR_SECONDS
    assert abs((clock.database_now() - job.created_at).total_seconds()) < 60  # it has waited for as long as before
    follow_the_host()
    assert [(after - moment).total_seconds() for after, moment in zip(of(job), before, strict=True)] == moved


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [30 * 365 * 24 * HOUR, 5 * HOUR])
def test_what_was_counted_before_the_machine_was_started_stays(by, job, host):
    """Its clock was wrong then until it was set: by thirty years where there is no battery, by hours after a pause."""
    schedule = make_schedule(job.account, "rate(1 hour)", next_start_at=clock.database_now() + timedelta(hours=1))
    before = [*of(job), schedule.next_start_at]
    zero = timeline_of(str(connection.settings_dict["NAME"]))
    zero.zero -= by  # as it begins on a machine whose clock is behind by as much
    host.off = 0.0
    follow_the_host()
    schedule.refresh_from_db()
    assert [*of(job), schedule.next_start_at] == before


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_schedule_moves_if_it_counts_and_not_if_it_names_dates(file, host):
    now, account = clock.database_now(), make_account()
    soon, later = now + timedelta(minutes=50), now + timedelta(minutes=70)
    rate, far, cron = (
        make_schedule(account, expression, next_start_at=moment)
        for expression, moment in (("rate(1 hour)", soon), ("rate(1 hour)", later), ("cron(0 9 * * ? *)", soon))
    )
    host.off = HOUR
    follow_the_host()
    for schedule, moment in ((rate, soon + timedelta(hours=1)), (far, later), (cron, soon)):
        schedule.refresh_from_db()
        assert abs(schedule.next_start_at - moment) < timedelta(seconds=1)


def make_schedule(account: Account, expression: str, **fields: datetime) -> Schedule:
    return Schedule.objects.create(
        account=account, name=new_id().hex, pipeline_name="web", expression=expression, created_at=NOW, **fields
    )


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_clock_that_is_kept_right_moves_nothing(job, host):
    before = of(job)
    for step in (0.5, 1.0, 1.5):
        host.off = step
        follow_the_host()
        assert abs(timeline_of(str(connection.settings_dict["NAME"])).behind()) < 0.1
    assert of(job) == before


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_kept_moves_nothing(job, host, monkeypatch):
    before, now = of(job), clock.database_now()
    host.off = HOUR
    wrong = Counted(Job.objects.all, ("no_such_field",), most=timedelta(0))
    monkeypatch.setattr(module, "COUNTED", [*module.COUNTED, wrong])
    with pytest.raises(Exception, match="no_such_field"):
        follow_the_host()
    assert of(job) == before
    assert abs((clock.database_now() - now).total_seconds()) < NEAR_SECONDS


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [1.0, HOUR])
def test_a_disk_that_keeps_nothing_is_told_as_the_database_tells_it(by, job, host, monkeypatch):
    before, now = of(job), clock.database_now()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    host.off = by
    with monkeypatch.context() as patched:
        patched.setattr(module.os, "pwrite", full)
        with pytest.raises(OperationalError, match="No space left"):
            follow_the_host()
    assert of(job) == before
    assert abs((clock.database_now() - now).total_seconds()) < NEAR_SECONDS
    timeline_of.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(module.os, "open", full)
        with pytest.raises(OperationalError, match="No space left"):
            clock.database_now()
    follow_the_host()
    assert abs((clock.database_now() - now).total_seconds() - by) < NEAR_SECONDS


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_who_comes_second_undoes_nothing(job, host, monkeypatch):
    """Not even when it fails: while it waited for its turn, another process has followed."""
    now = clock.database_now()
    turn = connection._connections["default"]._take_turn

    def wait_in_vain() -> None:
        monkeypatch.setattr(connection._connections["default"], "_take_turn", turn)
        set_meanwhile(host)
        raise OperationalError("database is locked")

    host.off = HOUR
    monkeypatch.setattr(connection._connections["default"], "_take_turn", wait_in_vain)
    with pytest.raises(OperationalError, match="locked"):
        follow_the_host()
    assert abs((clock.database_now() - now).total_seconds() - HOUR) < NEAR_SECONDS


def set_meanwhile(host: Host, by: float = HOUR) -> None:
    """Have another thread notice that the clock was set, as another process would."""
    mine = str(connection.settings_dict["NAME"])

    def follow() -> None:
        own = connected_to(mine)
        follow_the_host()
        own.close()

    host.off = by
    thread = threading.Thread(target=follow)
    thread.start()
    thread.join()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_what_was_counted_before_is_not_written_after(job, host):
    clock.database_now()
    set_meanwhile(host)
    with pytest.raises(ClockWasSet), transaction.atomic():
        pytest.fail("It began.")
    with transaction.atomic():  # what is counted from now on is right
        clock.database_now()
        Job.objects.filter(pk=job.pk).update(lease_until=clock.database_now())


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("alone", [True, False])
def test_work_that_is_kept_together_is_counted_again(alone, job, host):
    tries = []

    def work() -> None:
        now = clock.database_now()
        tries.append(now)
        if len(tries) == 1:
            set_meanwhile(host)
        if alone:
            with transaction.atomic():
                Job.objects.filter(pk=job.pk).update(lease_until=now)
        else:
            together.kept_together(lambda: Job.objects.filter(pk=job.pk).update(lease_until=now))

    settled(work)
    assert len(tries) == 2
    assert abs((tries[1] - tries[0]).total_seconds() - HOUR) < NEAR_SECONDS
    assert of(job)[1] == tries[1]


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_what_was_kept_is_not_done_again(job, host):
    done = []

    def work() -> None:
        now = clock.database_now()
        together.kept_together(lambda: done.append(now))
        clock.database_now()
        set_meanwhile(host)
        with transaction.atomic():
            pytest.fail("It began.")

    with pytest.raises(ClockWasSet):
        settled(work)
    assert len(done) == 1


@on_sqlite
def test_in_memory_the_host_decides(db):
    assert connection.timeline() is None
    assert abs((clock.database_now() - datetime.now(UTC)).total_seconds()) < NEAR_SECONDS


def test_every_moment_that_decides_is_counted_or_a_date():
    from django.apps import apps

    known = {(each.rows().model, field) for each in COUNTED for field in each.fields}
    named = {
        (model, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("apps.")
        for field in model._meta.concrete_fields
        if isinstance(field, DateTimeField)
    }
    deciding = {each for each in named if each[1].startswith("next_") or each[1].endswith(("_until", "due_at"))}
    deciding |= {each for each in named if each[1] in {"available_at", "deadline_at", "enqueued_at"}}
    assert deciding - known == set()
    assert {each for each in known if each[0].__module__.startswith("apps.")} <= named
