"""The work: jobs, who holds them, and what they print."""

import json
from typing import Any

from django.db import models

from apps.actions.models import ThirdPartyClient
from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_id
from apps.jobs.states import JobState
from apps.tenancy.models import Account, ForAccount

STATES = [(state.value, state.value) for state in JobState]
PERFORMERS = [(name, name.capitalize()) for name in ("worker", "person", "outside")]


class Job(models.Model):
    """One piece of work of one action, taken by our worker, by a job worker outside, or by a person.

    A continuation makes a new job of the same action. Fencing: whoever holds the job names its `nonce`; each offer
    makes a new one. `is_void`: the action does not count any more, so results are accepted and change nothing.
    `client`: for whom a publisher's job worker does it; jobs of third-party action types have one, and no others.
    Shapes: `order` is what its performer needs, without secrets; those are in `sealed_secrets`, by configuration key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline_id = models.BigIntegerField()
    action_execution_id = models.UUIDField()
    action_type = models.CharField(max_length=100)
    performer = models.CharField(max_length=10, choices=PERFORMERS)
    state = models.CharField(max_length=12, choices=STATES, default=JobState.QUEUED)
    is_void = models.BooleanField(default=False)
    client = models.ForeignKey(ThirdPartyClient, on_delete=models.RESTRICT, null=True, related_name="+")
    query_value = models.CharField(max_length=50, blank=True)
    order = models.JSONField()
    sealed_secrets = models.TextField(blank=True)
    continuation_token = models.TextField(blank=True)
    available_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    nonce = models.CharField(max_length=50, blank=True)
    holder = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    crashes = models.PositiveSmallIntegerField(default=0)
    result_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["account", "action_type", "query_value", "available_at"],
                condition=models.Q(state="Queued", performer="outside"),
                name="jobs_to_poll",
            ),
            models.Index(
                fields=["action_type", "available_at"],
                condition=models.Q(state="Queued", performer="outside", client__isnull=False),
                name="third_party_jobs_to_poll",
            ),
            models.Index(
                fields=["available_at"], condition=models.Q(state="Queued", performer="worker"), name="jobs_to_claim"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(lease_until__isnull=False), name="jobs_on_lease"),
            models.Index(
                fields=["deadline_at"],
                condition=models.Q(ended_at=None, is_void=False),
                name="jobs_by_deadline",
            ),
            models.Index(
                fields=["account", "performer", "created_at"],
                condition=models.Q(ended_at=None, is_void=False),
                name="jobs_unfinished",
            ),
            models.Index(fields=["action_execution_id"], name="jobs_of_an_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action_type} {self.id} {self.state}"

    def set_secrets(self, secrets: dict[str, str]) -> None:
        self.sealed_secrets = seal(json.dumps(secrets), bound_to=self._binding) if secrets else ""

    def configuration_in_clear(self) -> dict[str, str]:
        """Return the resolved configuration with its secrets, for the performer only."""
        configuration: dict[str, Any] = dict(self.order.get("configuration", {}))
        if self.sealed_secrets:
            configuration |= json.loads(open_sealed(self.sealed_secrets, bound_to=self._binding))
        return configuration

    @property
    def _binding(self) -> str:
        return f"job/{self.account_id}/{self.id}"


class LogChunk(models.Model):
    """A stretch of an action's log, as it came. `start` is its offset in bytes."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    action_execution_id = models.UUIDField()
    start = models.BigIntegerField()
    content = models.BinaryField()
    written_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["action_execution_id", "start"]
        constraints = [models.UniqueConstraint(fields=["action_execution_id", "start"], name="one_chunk_an_offset")]

    def __str__(self) -> str:
        return f"{self.action_execution_id} from {self.start}"


class WorkerCall(models.Model):
    """When an account's job workers last asked for jobs of a type, to the minute, and who did.

    Shapes: `called_by` is an ARN.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    action_type = models.CharField(max_length=100)
    called_at = models.DateTimeField()
    called_by = models.CharField(max_length=2048)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "action_type"]
        constraints = [models.UniqueConstraint(fields=["account", "action_type"], name="one_call_a_type")]

    def __str__(self) -> str:
        return f"{self.action_type} at {self.called_at}"
