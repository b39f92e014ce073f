"""The wire API, the S3-compatible artifact endpoint, and how often they may be called."""

from pipelines_project import env
from pipelines_project.settings.base import ON_SQLITE

AWSAPI_THREADS = env.integer("HEADRACE_AWSAPI_THREADS", default=8, minimum=1)
# How many of them work side by side while none is slow. SQLite answers at once, so that more would only change places;
# while PostgreSQL answers another thread can work.
AWSAPI_THREADS_AT_ONCE = env.integer("HEADRACE_AWSAPI_THREADS_AT_ONCE", default=1 if ON_SQLITE else 4, minimum=1)
# Of one account, over all web processes: each takes its part of them.
API_READS_PER_SECOND = env.integer("HEADRACE_API_READS_PER_SECOND", default=200, minimum=0)
API_CHANGES_PER_SECOND = env.integer("HEADRACE_API_CHANGES_PER_SECOND", default=50, minimum=0)
WEB_PROCESSES = env.integer("HEADRACE_WEB_PROCESSES", default=1, minimum=1)
AWSAPI_BODY_LIMIT_BYTES = 1_048_576
ARTIFACT_STORE = env.text("HEADRACE_ARTIFACT_STORE", "folder")
ARTIFACT_LIMIT_BYTES = env.integer("HEADRACE_ARTIFACT_LIMIT_BYTES", default=5 * 1024**3, minimum=1)
ARTIFACT_CREDENTIAL_SECONDS = 3600
