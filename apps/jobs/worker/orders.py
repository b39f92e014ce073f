"""A job as the order for a child process, which has neither the database nor our settings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.actions.catalogue import provider_of
from apps.actions.host import InputFile, OutputFile, StepOrder
from apps.actions.selectors import connection_in_clear
from apps.artifacts.services import fetch_to
from apps.connections.selectors import connection_facts
from apps.core import clock
from apps.jobs.models import Job
from headrace_sdk import ActionTypeId

TOOLCHAIN_INSIDE = "/opt/toolchain"
WORK = "work"  # in the job's folder, what its step may use
CONTEXT = ("pipeline_name", "stage_name", "action_name", "pipeline_execution_id", "action_execution_id", "condition")


def step_order(job: Job, folder: Path) -> StepOrder:
    """Lay a job's inputs out in `folder` and describe what is to be done there.

    Raises: ObjectNotFound, ArtifactDamaged; OSError when the disk is full.
    """
    order, configuration = job.order, job.configuration_in_clear()
    aws = _aws(job)
    around = surroundings(job.account.number, may_run_unisolated=job.account.may_run_unisolated)
    connected = connection_facts(job.account, configuration)
    around["git"] |= connected.git
    return StepOrder(
        action_type=job.action_type,
        step="poll" if job.continuation_token else "start",
        token=str(job.action_execution_id),
        account_id=job.account.number,
        workspace=str(folder / WORK),
        pipeline={name: order["context"].get(name, "") for name in CONTEXT},
        configuration=configuration,
        commands=tuple(order["commands"]),
        environment=toolchain_environment() | order["environment"],
        output_variable_names=tuple(order["output_variable_names"]),
        inputs=tuple(_input(job, item, folder) for item in order["inputs"]),
        outputs=tuple(
            OutputFile(item["name"], str(output_path(folder, item["name"])), tuple(item["files"]))
            for item in order["outputs"]
        ),
        revision_overrides=order["revision_overrides"],
        running=json.loads(job.continuation_token) if job.continuation_token else {},
        connection=connected.connection,
        source_event=order.get("source_event", {}),
        secrets=(
            *_secrets(order, configuration),
            *connected.secrets,
            *([aws["secret_access_key"]] if aws else []),
        ),
        aws=aws,
        **around,
    )


def _secrets(order: dict[str, Any], configuration: Mapping[str, str]) -> list[str]:
    return [value for key, value in configuration.items() if order["configuration"].get(key) != value]


def surroundings(account_number: str, *, may_run_unisolated: bool) -> dict[str, Any]:
    """Return what the operator provides to the steps of an account."""
    toolchain = settings.TOOLCHAIN_DIR
    return {
        "clock_zero": clock.database_zero(),
        "host": {"deploy_root": str(settings.DEPLOY_DIR)},
        "egress": {"allowed": settings.EGRESS_ALLOW},
        "git": {"local_root": str(settings.REPOSITORIES_DIR / account_number)},
        "sandbox": {
            "allow_uncapped": settings.SANDBOX_ALLOW_UNCAPPED,
            "allow_unisolated": settings.SANDBOX_ALLOW_UNISOLATED and may_run_unisolated,
            "options": {"bubblewrap": settings.BUBBLEWRAP, "rootfs": settings.SANDBOX_ROOTFS},
            "read_only": [[str(toolchain), TOOLCHAIN_INSIDE]] if toolchain.is_dir() else [],
        },
    }


def toolchain_environment() -> dict[str, str]:
    """Return the variables that let commands find the operator's tools, in the sandbox and where there is none."""
    toolchain = settings.TOOLCHAIN_DIR
    if not toolchain.is_dir():
        return {}
    return {
        "PATH": f"{TOOLCHAIN_INSIDE}/bin:{toolchain}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"{TOOLCHAIN_INSIDE}:{toolchain}",
    }


def _aws(job: Job) -> dict[str, str]:
    """Return the account's AWS connection for a provider that uses it, and nothing for any other."""
    provider = provider_of(ActionTypeId.parse(job.action_type))
    if provider is None or not provider.uses_aws:
        return {}
    return connection_in_clear(job.account, job.order.get("region", ""))


def output_path(folder: Path, name: str) -> Path:
    return folder / "out" / f"{name}.zip"


def _input(job: Job, item: dict[str, Any], folder: Path) -> InputFile:
    path = folder / "in" / f"{item['name']}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = fetch_to(job.account, item["bucket"], item["key"], path)
    return InputFile(item["name"], str(path), stored.sha256, stored.size, item.get("revision", ""))
