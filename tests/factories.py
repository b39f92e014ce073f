"""Rows for tests. Each function fills in what the test leaves out, through the services where that is simplest.

The actions of a pipeline made here are of custom types, so each is a job that waits until the test ends it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from apps.actions.models import CustomActionType
from apps.actions.services import create_custom_action_type
from apps.connections.models import Connection
from apps.connections.services import create_connection
from apps.core.ids import new_id
from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.services import start_execution
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import JobOrder, create_job, finish_job
from apps.jobs.states import JobState
from apps.pipelines.models import Pipeline
from apps.pipelines.services import create_pipeline
from apps.tenancy.models import AccessKey, Account, User
from apps.tenancy.roles import Role
from apps.tenancy.services import create_access_key, create_user

NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)
BY = "arn:aws:iam::111122223333:user/tests"
APPROVAL = "Approve"  # an action of this name waits for a person
GATED = {"Gate": {APPROVAL: 1}, "Ship": {"Send": 1}}  # stages: somebody approves before it is shipped
SOURCE = {"Source": {"Fetch": 1}}
_numbers = count(1)

Stages = Mapping[str, Mapping[str, int]]


def make_account(name: str = "Acme", **fields: Any) -> Account:
    return Account.objects.create(name=name, **fields)


def make_member(account: Account, role: Role = Role.ADMIN, *, username: str = "") -> User:
    user, _ = create_user(account=account, username=username or f"{role}-{next(_numbers)}", role=role)
    return user


def make_access_key(account: Account | None = None, *, role: Role = Role.ADMIN) -> tuple[AccessKey, str]:
    return create_access_key(account=account or make_account(), principal="tests", role=role)


def make_connection(account: Account | None = None, **fields: Any) -> tuple[Connection, str]:
    """Return a connection, and its webhook secret."""
    given = {"name": f"host-{next(_numbers)}", "provider_type": "GitHub", "now": NOW} | fields
    return create_connection(account or make_account(), **given)


def make_action_type(
    account: Account, category: str = "Build", *, provider: str = "Bench", properties: Sequence[str] = (), **marks: bool
) -> dict[str, str]:
    """Declare a custom action type unless it is there, and return its id. `marks` are those of every property."""
    identity = {"category": category, "provider": provider, "version": "1"}
    if not CustomActionType.objects.for_account(account).filter(**identity).exists():
        property_marks = {"required": False, "key": False, "secret": False} | marks
        definition = {
            **identity,
            "configurationProperties": [{"name": name, **property_marks} for name in properties],
            "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 0 if category == "Source" else 5},
            "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
        }
        create_custom_action_type(account, definition, {}, now=NOW)
    return {**identity, "owner": "Custom"}


def make_action(account: Account, name: str, run_order: int = 1, category: str = "Build", **members: Any) -> dict:
    """Return an action's declaration. One that is named as `APPROVAL` is a manual approval."""
    if name == APPROVAL:
        type_id = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
    else:
        type_id = make_action_type(account, category)
    return {"name": name, "runOrder": run_order, "actionTypeId": type_id, **members}


def make_declaration(
    account: Account, stages: Stages | None = None, *, name: str = "web", mode: str = "SUPERSEDED", **members: Any
) -> dict:
    """Shapes: `stages` maps each stage after Source to its actions with their run orders."""
    named = SOURCE | dict({"Build": {"Make": 1}} if stages is None else stages)
    declared = [
        {
            "name": stage,
            "actions": [
                make_action(account, action, order, "Source" if stage == "Source" else "Build")
                for action, order in actions.items()
            ],
        }
        for stage, actions in named.items()
    ]
    return {
        "name": name,
        "roleArn": f"arn:aws:iam::{account.number}:role/pipelines",
        "artifactStore": {"type": "S3", "location": account.artifact_bucket},
        "pipelineType": "V2",
        "executionMode": mode,
        "stages": declared,
        **members,
    }


def make_pipeline(
    *, account: Account | None = None, declaration: dict | None = None, stages: Stages | None = None, **members: Any
) -> Pipeline:
    """Make a pipeline. Its first execution has started, and its source action waits to be ended."""
    account = account or make_account()
    declared = declaration or make_declaration(account, stages, **members)
    pipeline = create_pipeline(account, declared, tags={}, by=BY, now=NOW).pipeline
    pipeline.refresh_from_db()
    pipeline.account = account
    return pipeline


def first_execution(pipeline: Pipeline) -> PipelineExecution:
    return PipelineExecution.objects.get(pipeline=pipeline, number=1)


def make_execution(pipeline: Pipeline | None = None, *, at: str = "Build") -> PipelineExecution:
    """Return an execution inside the stage `at`: "Source" or the one after it. One at its source, or a new one."""
    pipeline = pipeline or make_pipeline()
    begun = PipelineExecution.objects.filter(pipeline=pipeline, stage="Source", state="InProgress", waiting=False)
    execution = begun.first() or start(pipeline)
    if at != "Source":
        settle(execution, "Fetch")
    execution.refresh_from_db()
    return execution


def start(pipeline: Pipeline, *, now: datetime = NOW, **arguments: Any) -> PipelineExecution:
    facts = {"trigger_type": "StartPipelineExecution", "trigger_detail": BY} | arguments
    return start_execution(pipeline.account, pipeline.name, now=now, **facts)


def attempt_at(execution: PipelineExecution, action: str) -> ActionExecution:
    """Return the newest attempt at an action."""
    return ActionExecution.objects.filter(execution=execution, action=action).order_by("-attempt")[0]


def job_of(execution: PipelineExecution, action: str) -> Job:
    """Return the newest job of the newest attempt at an action."""
    return Job.objects.filter(action_execution_id=attempt_at(execution, action).pk).order_by("-created_at")[0]


def settle(execution: PipelineExecution, *actions: str, succeeded: bool = True, now: datetime = NOW, **facts: Any):
    """End actions as their job worker would."""
    for action in actions:
        job = job_of(execution, action)
        Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(state=JobState.IN_PROGRESS)
        if not succeeded:
            facts = {"error_code": "JobFailed", "error_message": "It broke."} | facts
        finish_job(execution.account, job.pk, Outcome(succeeded=succeeded, **facts), now=now)
    execution.refresh_from_db()


def make_job(*, account: Account | None = None, now: datetime = NOW, **fields: Any) -> Job:
    """Make a job of no action. `performer` is "worker" unless said otherwise."""
    facts: dict[str, Any] = {
        "account": account or make_account(),
        "pipeline_id": 0,
        "action_execution_id": new_id(),
        "action_type": "Build/Custom/Bench/1",
        "performer": "worker",
        "order": {"configuration": {}},
        "timeout_seconds": 3600.0,
    }
    return create_job(JobOrder(**facts | fields), now=now)


UNKNOWN = UUID(int=0)
