"""The verbs of jobs: make one, take one, end one."""

from .calls import forget_calls, note_call
from .leases import (
    claim_jobs,
    end_dispatched_leases,
    expire_jobs,
    finish_and_claim,
    give_back,
    job_crashed,
    next_available,
    renew,
    take_back_from_dead,
)
from .log import append_log, forget_work
from .making import JobOrder, create_job, void_jobs
from .polling import acknowledge_job, acknowledge_third_party_job, offer_jobs, offer_third_party_jobs
from .results import finish_job

__all__ = [
    "JobOrder",
    "acknowledge_job",
    "acknowledge_third_party_job",
    "append_log",
    "claim_jobs",
    "create_job",
    "end_dispatched_leases",
    "expire_jobs",
    "finish_and_claim",
    "finish_job",
    "forget_calls",
    "forget_work",
    "give_back",
    "job_crashed",
    "next_available",
    "note_call",
    "offer_jobs",
    "offer_third_party_jobs",
    "renew",
    "take_back_from_dead",
    "void_jobs",
]
