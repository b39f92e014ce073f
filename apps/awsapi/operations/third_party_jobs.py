"""The job protocol of third-party action types: a publisher's job workers do the work of its customers' actions.

Source: reference sections 7.4 and 10.4.
"""

from typing import Any

from apps.actions.selectors import find_polled
from apps.awsapi.caller import Caller
from apps.awsapi.operations.job_data import batch_of, failure, job_data, success
from apps.awsapi.registry import operation
from apps.core import clock
from apps.jobs import services
from apps.jobs.errors import InvalidJob, InvalidQueryParameter
from apps.jobs.models import Job
from apps.jobs.selectors import job_not_found, third_party_job
from headrace_sdk import ActionTypeId


@operation("PollForThirdPartyJobs")
def poll_for_third_party_jobs(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    type_id = ActionTypeId(**request["actionTypeId"])
    if type_id.owner != "ThirdParty":
        raise InvalidQueryParameter(
            f"PollForThirdPartyJobs offers jobs of the owner ThirdParty only, not of {type_id}."
        )
    action_type = find_polled(caller.account, type_id)
    services.note_call(caller.account, str(action_type), by=caller.principal_arn, now=clock.database_now())
    jobs = services.offer_third_party_jobs(str(action_type), limit=batch_of(request), now=clock.database_now())
    return {"jobs": [{"clientId": str(job.client.client_id), "jobId": str(job.pk)} for job in jobs if job.client]}


@operation("GetThirdPartyJobDetails")
def get_third_party_job_details(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    job = third_party_job(caller.account, request["jobId"], request["clientToken"])
    return {"jobDetails": {"id": str(job.pk), "nonce": job.nonce or None, "data": job_data(job)}}


@operation("AcknowledgeThirdPartyJob")
def acknowledge_third_party_job(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": services.acknowledge_third_party_job(_job(caller, request), request["nonce"])}


@operation("PutThirdPartyJobSuccessResult")
def put_third_party_job_success_result(caller: Caller, request: dict[str, Any]) -> None:
    job = _job(caller, request)
    services.finish_job(job.account, job.pk, success(caller, request), now=clock.database_now())


@operation("PutThirdPartyJobFailureResult")
def put_third_party_job_failure_result(caller: Caller, request: dict[str, Any]) -> None:
    job = _job(caller, request)
    services.finish_job(job.account, job.pk, failure(caller, request), now=clock.database_now())


def _job(caller: Caller, request: dict[str, Any]) -> Job:
    """Raises JobNotFound, InvalidClientToken. Only GetThirdPartyJobDetails has a word for a job of another kind."""
    try:
        return third_party_job(caller.account, request["jobId"], request["clientToken"])
    except InvalidJob:
        raise job_not_found(request["jobId"]) from None
