"""The job protocol of custom action types: poll, acknowledge, read, report."""

from typing import Any
from uuid import UUID

from apps.actions.selectors import find_custom
from apps.actions.types import ActionTypeSpec
from apps.awsapi.caller import Caller
from apps.awsapi.registry import operation
from apps.core import clock
from apps.jobs import services
from apps.jobs.errors import InvalidQueryParameter
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.selectors import job_of
from apps.tenancy.credentials import issue_artifact_credentials
from headrace_sdk import ActionTypeId

BATCH_LIMIT = 100


@operation("PollForJobs")
def poll_for_jobs(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    type_id = ActionTypeId(**request["actionTypeId"])
    if type_id.owner != "Custom":
        raise InvalidQueryParameter(f"PollForJobs offers jobs of the owner Custom only, not of {type_id}.")
    spec = find_custom(caller.account, type_id)
    jobs = services.offer_jobs(
        caller.account,
        str(type_id),
        query_value=_query_value(spec, request.get("queryParam", {})),
        limit=min(request.get("maxBatchSize", 1), BATCH_LIMIT),
        now=clock.now(),
    )
    return {"jobs": [{**_identity(job), "nonce": job.nonce, "data": _data(job)} for job in jobs]}


def _query_value(spec: ActionTypeSpec, given: dict[str, str]) -> str:
    queryable = next((item.name for item in spec.properties if item.queryable), None)
    if queryable is None and given:
        raise InvalidQueryParameter(f"{spec.id} has no queryable property. Poll without queryParam.")
    if queryable is not None and set(given) != {queryable}:
        raise InvalidQueryParameter(f"{spec.id} is polled with queryParam {{'{queryable}': <value>}}.")
    return given[queryable] if queryable else ""


@operation("AcknowledgeJob")
def acknowledge_job(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": services.acknowledge_job(caller.account, UUID(request["jobId"]), request["nonce"])}


@operation("GetJobDetails")
def get_job_details(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    job = job_of(caller.account, UUID(request["jobId"]))
    return {"jobDetails": {**_identity(job), "data": _data(job)}}


def _identity(job: Job) -> dict[str, str]:
    return {"id": str(job.pk), "accountId": job.account.number}


def _data(job: Job) -> dict[str, Any]:
    """Return JobData: configuration with its secrets in clear, and credentials made for this answer."""
    type_id = ActionTypeId.parse(job.action_type)
    inputs, outputs = job.order["inputs"], job.order["outputs"]
    return {
        "actionTypeId": {
            "category": type_id.category,
            "owner": type_id.owner,
            "provider": type_id.provider,
            "version": type_id.version,
        },
        "actionConfiguration": {"configuration": job.configuration_in_clear()},
        "pipelineContext": _context(job.order["context"]),
        "inputArtifacts": [_artifact(item) for item in inputs],
        "outputArtifacts": [_artifact(item) for item in outputs],
        "artifactCredentials": _credentials(job) if inputs or outputs else None,
        "continuationToken": job.continuation_token or None,
        "encryptionKey": job.order.get("encryption_key"),
    }


def _context(context: dict[str, str]) -> dict[str, Any]:
    return {
        "pipelineName": context["pipeline_name"],
        "stage": {"name": context["stage_name"]},
        "action": {"name": context["action_name"], "actionExecutionId": context["action_execution_id"]},
        "pipelineArn": context["pipeline_arn"],
        "pipelineExecutionId": context["pipeline_execution_id"],
    }


def _artifact(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": item["name"],
        "revision": item.get("revision"),
        "location": {"type": "S3", "s3Location": {"bucketName": item["bucket"], "objectKey": item["key"]}},
    }


def _credentials(job: Job) -> dict[str, str]:
    issued = issue_artifact_credentials(
        job.account,
        job_id=job.pk,
        readable=[(item["bucket"], item["key"]) for item in [*job.order["inputs"], *job.order["outputs"]]],
        writable=[(item["bucket"], item["key"]) for item in job.order["outputs"]],
    )
    return {
        "accessKeyId": issued.access_key_id,
        "secretAccessKey": issued.secret_access_key,
        "sessionToken": issued.session_token,
    }


@operation("PutJobSuccessResult")
def put_job_success_result(caller: Caller, request: dict[str, Any]) -> None:
    job = job_of(caller.account, UUID(request["jobId"]))
    details = request.get("executionDetails", {})
    outcome = Outcome(
        succeeded=True,
        summary=details.get("summary", ""),
        external_id=details.get("externalExecutionId", ""),
        percent_complete=details.get("percentComplete"),
        revision=_revision(request.get("currentRevision")),
        output_variables=request.get("outputVariables", {}),
        continuation_token=request.get("continuationToken", ""),
        by=caller.principal_arn,
    )
    services.finish_job(caller.account, job.pk, outcome, now=clock.now())


def _revision(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    created = given.get("created")
    return {
        "id": given["revision"],
        "change_id": given["changeIdentifier"],
        "summary": given.get("revisionSummary", ""),
        "created": created.isoformat() if created else None,
    }


@operation("PutJobFailureResult")
def put_job_failure_result(caller: Caller, request: dict[str, Any]) -> None:
    job = job_of(caller.account, UUID(request["jobId"]))
    details = request["failureDetails"]
    outcome = Outcome(
        succeeded=False,
        error_code=details["type"],
        error_message=details["message"],
        external_id=details.get("externalExecutionId", ""),
        by=caller.principal_arn,
    )
    services.finish_job(caller.account, job.pk, outcome, now=clock.now())
