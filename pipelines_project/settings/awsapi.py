"""The wire API and the S3-compatible artifact endpoint."""

from pipelines_project import env

AWSAPI_THREADS = env.integer("HEADRACE_AWSAPI_THREADS", default=8, minimum=1)
AWSAPI_BODY_LIMIT_BYTES = 1_048_576
ARTIFACT_STORE = env.text("HEADRACE_ARTIFACT_STORE", "folder")
ARTIFACT_LIMIT_BYTES = env.integer("HEADRACE_ARTIFACT_LIMIT_BYTES", default=5 * 1024**3, minimum=1)
ARTIFACT_CREDENTIAL_SECONDS = 3600
