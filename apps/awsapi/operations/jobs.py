"""The job protocol of custom action types: poll, acknowledge, read, report."""

from typing import Any
from uuid import UUID

from apps.actions.selectors import find_custom
from apps.actions.types import ActionTypeSpec
from apps.awsapi.caller import Caller
from apps.awsapi.operations.job_data import batch_of, failure, job_data, success
from apps.awsapi.registry import operation
from apps.core import clock
from apps.jobs import services
from apps.jobs.errors import InvalidQueryParameter
from apps.jobs.models import Job
from apps.jobs.selectors import job_of
from headrace_sdk import ActionTypeId


@operation("PollForJobs", changes_in_place=True)
def poll_for_jobs(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    type_id = ActionTypeId(**request["actionTypeId"])
    if type_id.owner != "Custom":
        raise InvalidQueryParameter(f"PollForJobs offers jobs of the owner Custom only, not of {type_id}.")
    spec = find_custom(caller.account, type_id)
    query_value, limit, now = _query_value(spec, request.get("queryParam", {})), batch_of(request), clock.database_now()
    # First: an offer whose answer fails afterwards is lost to everybody until its lease ends.
    services.note_call(caller.account, str(type_id), by=caller.principal_arn, now=now)
    jobs = services.offer_jobs(caller.account, str(type_id), query_value=query_value, limit=limit, now=now)
    return {"jobs": [{**_identity(job), "nonce": job.nonce, "data": job_data(job)} for job in jobs]}


def _query_value(spec: ActionTypeSpec, given: dict[str, str]) -> str:
    queryable = next((item.name for item in spec.properties if item.queryable), None)
    if queryable is None and given:
        raise InvalidQueryParameter(f"{spec.id} has no queryable property. Poll without queryParam.")
    if queryable is not None and set(given) != {queryable}:
        raise InvalidQueryParameter(f"{spec.id} is polled with queryParam {{'{queryable}': <value>}}.")
    return given[queryable] if queryable else ""


@operation("AcknowledgeJob", changes_in_place=True)
def acknowledge_job(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": services.acknowledge_job(caller.account, UUID(request["jobId"]), request["nonce"])}


@operation("GetJobDetails")
def get_job_details(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    job = job_of(caller.account, UUID(request["jobId"]))
    return {"jobDetails": {**_identity(job), "data": job_data(job)}}


def _identity(job: Job) -> dict[str, str]:
    return {"id": str(job.pk), "accountId": job.account.number}


@operation("PutJobSuccessResult", changes_in_place=True)
def put_job_success_result(caller: Caller, request: dict[str, Any]) -> None:
    job = job_of(caller.account, UUID(request["jobId"]))
    services.finish_job(caller.account, job.pk, success(caller, request), now=clock.database_now())


@operation("PutJobFailureResult", changes_in_place=True)
def put_job_failure_result(caller: Caller, request: dict[str, Any]) -> None:
    job = job_of(caller.account, UUID(request["jobId"]))
    services.finish_job(caller.account, job.pk, failure(caller, request), now=clock.database_now())
