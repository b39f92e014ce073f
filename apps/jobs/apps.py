from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"

    def ready(self) -> None:
        from apps.core.health import gauge
        from apps.core.ticks import every
        from apps.jobs import health
        from apps.jobs.services import end_dispatched_leases, expire_jobs

        every(1, "expire jobs", lambda now: expire_jobs(now=now))
        every(1, "end leases", lambda now: end_dispatched_leases(now=now))
        gauge("headrace_jobs_queued", "Jobs of our worker that wait to be claimed.", health.queued)
        gauge("headrace_job_queue_age_seconds", "How long the longest waiting of them has waited.", health.queue_age)
