"""The worker's loop: claim what waits, renew what is held, do the duties that are due, drain when asked to end."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError

from apps.actions.host import ChildPool
from apps.core import clock, doorbell
from apps.core.connections import lasting_connection
from apps.core.ticks import DUTIES
from apps.jobs.models import Job
from apps.jobs.services import claim_jobs, give_back, next_available, renew
from apps.jobs.services.leases import holders_of_jobs, take_back_from_dead
from apps.jobs.worker.identity import holder, is_dead
from apps.jobs.worker.performing import perform

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
DEAD_HOLDERS_SECONDS = 2.0
DRAIN_SECONDS = 8.0


class Held:
    """A job in work here. `wanted` turns False when its lease is lost or its action does not count any more."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.wanted = True
        self.begun = False


class Worker:
    """Claims jobs and has them performed, a thread and a child process each.

    Units: when it is asked to end, what it holds may go on for `drain_seconds`.
    """

    def __init__(self, *, slots: int, pool: ChildPool, drain_seconds: float = DRAIN_SECONDS) -> None:
        self.name = holder()
        self.drain_seconds = drain_seconds
        self.slots = slots
        self.pool = pool
        self.threads = ThreadPoolExecutor(slots, thread_name_prefix="job")
        self.held: dict[str, Held] = {}
        self.stopping = threading.Event()
        self._due = dict.fromkeys((duty.name for duty in DUTIES), 0.0)
        self._renew_at = 0.0
        self._bury_at = 0.0
        self._patience = LOOK_SECONDS
        self._in_doubt: list[Job] = []  # claimed by a commit that was not heard of

    def run(self) -> None:
        """Work until `stopping` is set, then finish or hand back what is held."""
        with doorbell.listen("jobs") as bell:
            while not self.stopping.is_set():
                self._patience = LOOK_SECONDS
                self._guarded(self._turn)
                heard = bell.wait(self._patience)
                if any(payload == "void" for _, payload in heard):
                    self._guarded(self._renew)
        self._drain()

    def _turn(self) -> None:
        moment = time.monotonic()
        if moment >= self._bury_at:
            self._bury_at = moment + DEAD_HOLDERS_SECONDS
            self._take_back_from_dead()
        if moment >= self._renew_at:
            self._renew()  # first: until it has been done it is due, so that no lease ends over an outage
            self._renew_at = moment + settings.JOB_LEASE_SECONDS / 3
        self._claim()
        for duty in DUTIES:
            if moment >= self._due[duty.name]:
                self._due[duty.name] = moment + duty.every_seconds
                duty.run(clock.database_now())
        if len(self.held) < self.slots:
            self._patience = min(LOOK_SECONDS, self._next_due())

    def _next_due(self) -> float:
        """Return in how many seconds to look again: a job that goes on after a pause does not ring when it is due."""
        moment = next_available()
        return max(0.005, (moment - clock.database_now()).total_seconds()) if moment else LOOK_SECONDS

    def _guarded(self, work: Callable[[], None]) -> None:
        """A database that is away for a while ends no worker: it says so and looks again."""
        try:
            with lasting_connection():
                work()
        except DatabaseError:
            logger.exception("The database did not answer; trying again.")
            self.stopping.wait(LOOK_SECONDS)

    def _claim(self) -> None:
        self._give_back_what_is_in_doubt()
        free = self.slots - len(self.held)
        if free <= 0:
            return
        jobs = claim_jobs(self.name, limit=free, now=clock.database_now(), claimed=self._in_doubt)
        self._in_doubt.clear()
        for job in jobs:
            held = self.held[str(job.pk)] = Held(job)
            self.threads.submit(self._perform, held)

    def _give_back_what_is_in_doubt(self) -> None:
        while self._in_doubt:
            give_back(self._in_doubt[-1])
            self._in_doubt.pop()

    def _perform(self, held: Held) -> None:
        """Perform a job, and after it what was claimed when it was reported, until nothing waits."""
        following: Held | None = held
        while following is not None:
            following = self._perform_one(following)
        doorbell.ring_here("jobs")

    def _perform_one(self, held: Held) -> Held | None:
        held.begun = True
        following = None
        try:
            with lasting_connection():
                job = perform(held.job, self.pool, lambda: not held.wanted, holder=self._wants_more)
            if job is not None:
                following = self.held[str(job.pk)] = Held(job)
        except Exception:
            logger.exception("Job %s was left to its lease.", held.job.pk)
        finally:
            if self.held.get(str(held.job.pk)) is held:  # else its lease was lost and it was claimed here anew
                del self.held[str(held.job.pk)]
        return following

    def _wants_more(self) -> str:
        return "" if self.stopping.is_set() else self.name

    def _renew(self) -> None:
        held = list(self.held.values())
        if not held:
            return
        kept = renew([item.job for item in held], now=clock.database_now())
        for item in held:
            if str(item.job.pk) not in kept and str(item.job.pk) in self.held:
                item.wanted = False

    def _take_back_from_dead(self) -> None:
        dead = [name for name in holders_of_jobs() if name != self.name and is_dead(name)]
        if dead:
            number = take_back_from_dead(dead, now=clock.database_now())
            logger.warning("Took %s jobs back from workers that are gone.", number)

    def _drain(self) -> None:
        """Let what is held finish for a moment. What does not is ended, and given back when nothing of it runs."""
        ends = time.monotonic() + self.drain_seconds
        while self.held and time.monotonic() < ends:
            time.sleep(0.05)
        left = list(self.held.values())
        for item in left:
            item.wanted = False  # so that its end is no crash
        self.pool.close()
        for item in left:
            self._guarded(partial(give_back, item.job))
        self._guarded(self._give_back_what_is_in_doubt)
        self.threads.shutdown(wait=False, cancel_futures=True)
