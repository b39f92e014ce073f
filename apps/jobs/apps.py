from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"

    def ready(self) -> None:
        from apps.core.health import gauge
        from apps.core.sqlite3.timeline import counted
        from apps.core.ticks import every
        from apps.jobs import health
        from apps.jobs.models import Job
        from apps.jobs.services import end_dispatched_leases, expire_jobs

        lease = timedelta(seconds=max(settings.JOB_LEASE_SECONDS, settings.ACKNOWLEDGE_SECONDS))
        counted(lambda: Job.objects.filter(ended_at=None), "available_at", "deadline_at", since="created_at")
        counted(lambda: Job.objects.filter(ended_at=None), "lease_until", most=lease)
        every(1, "expire jobs", lambda now: expire_jobs(now=now))
        every(1, "end leases", lambda now: end_dispatched_leases(now=now))
        gauge("headrace_jobs_queued", "Jobs of our worker that wait to be claimed.", health.queued)
        gauge("headrace_job_queue_age_seconds", "How long the longest waiting of them has waited.", health.queue_age)
