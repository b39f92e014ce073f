"""What all job workers get of a job, and what they report: the same for an account's own and for a third party's."""

from typing import Any

from apps.awsapi.caller import Caller
from apps.awsapi.operations import words
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.tenancy.credentials import issue_artifact_credentials
from headrace_sdk import ActionTypeId

BATCH_LIMIT = 100


def batch_of(request: dict[str, Any]) -> int:
    """Return how many jobs a poll gets at most."""
    return min(int(request.get("maxBatchSize", 1)), BATCH_LIMIT)


def job_data(job: Job) -> dict[str, Any]:
    """Return JobData, or ThirdPartyJobData: secrets in clear, and credentials made for this answer."""
    inputs, outputs = job.order["inputs"], job.order["outputs"]
    return {
        "actionTypeId": words.type_id_of(ActionTypeId.parse(job.action_type)),
        "actionConfiguration": {"configuration": job.configuration_in_clear()},
        "pipelineContext": _context(job),
        "inputArtifacts": [_artifact(item) for item in inputs],
        "outputArtifacts": [_artifact(item) for item in outputs],
        "artifactCredentials": _credentials(job) if inputs or outputs else None,
        "continuationToken": job.continuation_token or None,
        "encryptionKey": job.order.get("encryption_key"),
    }


def _context(job: Job) -> dict[str, Any]:
    """A third party is told neither the pipeline's ARN, which names the account, nor the execution."""
    context = job.order["context"]
    known = {
        "pipelineName": context["pipeline_name"],
        "stage": {"name": context["stage_name"]},
        "action": {"name": context["action_name"], "actionExecutionId": context["action_execution_id"]},
    }
    if job.client_id is not None:
        return known
    return {
        **known,
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


def success(caller: Caller, request: dict[str, Any]) -> Outcome:
    details = request.get("executionDetails", {})
    return Outcome(
        succeeded=True,
        summary=details.get("summary", ""),
        external_id=details.get("externalExecutionId", ""),
        percent_complete=details.get("percentComplete"),
        revision=_revision(request.get("currentRevision")),
        output_variables=request.get("outputVariables", {}),
        continuation_token=request.get("continuationToken", ""),
        by=caller.principal_arn,
    )


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


def failure(caller: Caller, request: dict[str, Any]) -> Outcome:
    details = request["failureDetails"]
    return Outcome(
        succeeded=False,
        error_code=details["type"],
        error_message=details["message"],
        external_id=details.get("externalExecutionId", ""),
        by=caller.principal_arn,
    )
