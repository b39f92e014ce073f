"""Jobs, our own worker, the sandbox and the plugins it may run."""

import shutil

from pipelines_project import env

from .base import DATA_DIR, HOST

LOOPBACK = ("127.0.0.1", "localhost", "::1")
JOB_LEASE_SECONDS = env.seconds("HEADRACE_JOB_LEASE_SECONDS", default=30, minimum=1)
JOB_MAX_CRASHES = env.integer("HEADRACE_JOB_MAX_CRASHES", default=3, minimum=1)
ACKNOWLEDGE_SECONDS = env.seconds("HEADRACE_ACKNOWLEDGE_SECONDS", default=60, minimum=1)
CONTINUATION_PAUSE_SECONDS = env.seconds("HEADRACE_CONTINUATION_PAUSE_SECONDS", default=5)
RETENTION_DAYS = env.integer("HEADRACE_RETENTION_DAYS", default=366)
REMIND_AFTER_SECONDS = env.seconds("HEADRACE_REMIND_AFTER_SECONDS", default=86_400)
MOST_ACTIVE_EXECUTIONS = env.integer("HEADRACE_MOST_ACTIVE_EXECUTIONS", default=50, minimum=1)
WORKER_SLOTS = env.integer("HEADRACE_WORKER_SLOTS", default=4, minimum=1)
GITHUB_API_URL = env.text("HEADRACE_GITHUB_API_URL", "https://api.github.com").rstrip("/")
HOOK_CALLS_PER_SECOND = env.integer("HEADRACE_HOOK_CALLS_PER_SECOND", default=10, minimum=1)
SOURCE_POLL_SECONDS = env.seconds("HEADRACE_SOURCE_POLL_SECONDS", default=60, minimum=1)

PLUGIN_MODULES = env.words("HEADRACE_PLUGIN_MODULES")
EGRESS_ALLOW = env.words("HEADRACE_EGRESS_ALLOW")
REPOSITORIES_DIR = DATA_DIR / "repositories"
DEPLOY_DIR = env.path("HEADRACE_DEPLOY_DIR", default=DATA_DIR / "deploy")
WORKSPACES_DIR = DATA_DIR / "workspaces"
TOOLCHAIN_DIR = env.path("HEADRACE_TOOLCHAIN_DIR", default=DATA_DIR / "toolchain")

SANDBOX_ALLOW_UNCAPPED = env.boolean("HEADRACE_SANDBOX_ALLOW_UNCAPPED", default=False)
# Where no sandbox can be had, an account that the operator marked may run commands unisolated, on loopback only.
SANDBOX_ALLOW_UNISOLATED = env.boolean("HEADRACE_SANDBOX_ALLOW_UNISOLATED", default=False) and HOST in LOOPBACK
SANDBOX_ROOTFS = env.text("HEADRACE_SANDBOX_ROOTFS")
BUBBLEWRAP = shutil.which("bwrap")
LOG_LIMIT_BYTES = env.integer("HEADRACE_LOG_LIMIT_BYTES", default=4 * 1024**2, minimum=1024)
