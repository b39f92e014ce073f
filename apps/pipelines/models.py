"""What should run: pipelines, their versions, and the gates between their stages."""

import json
from typing import Any

from django.db import models

from apps.core.arns import pipeline_arn
from apps.core.crypto import open_sealed, seal
from apps.pipelines.secrets import put_back, take_out
from apps.tenancy.models import Account, ForAccount

MODES = [(mode, mode.capitalize()) for mode in ("SUPERSEDED", "QUEUED", "PARALLEL")]


class Pipeline(models.Model):
    """A release described as stages and actions. Its row is the lock under which the engine decides.

    A deleted pipeline stays until it is swept, so that late results of its jobs find an answer; nobody sees it.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    version = models.PositiveIntegerField(default=1)
    pipeline_type = models.CharField(max_length=2, default="V1")
    execution_mode = models.CharField(max_length=10, choices=MODES, default="SUPERSEDED")
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    last_execution_number = models.BigIntegerField(default=0)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name"], condition=models.Q(deleted_at=None), name="one_pipeline_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        return pipeline_arn(self.account.number, self.name)


class PipelineVersion(models.Model):
    """One saved definition, never edited. Secret configuration values are kept apart, encrypted."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    declaration = models.JSONField()
    sealed_secrets = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=2048, blank=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "version"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "version"], name="one_definition_a_version")]

    def __str__(self) -> str:
        return f"{self.pipeline_id} v{self.version}"

    def set_declaration(self, declaration: dict[str, Any], secret_names: dict[str, frozenset[str]]) -> None:
        """Keep a checked declaration. Shapes: `secret_names` maps an action type's text to its secret keys."""
        self.declaration, secrets = take_out(declaration, secret_names)
        self.sealed_secrets = seal(json.dumps(secrets), bound_to=self._binding) if secrets else ""

    def declaration_in_clear(self) -> dict[str, Any]:
        """Return the declaration with its secrets. For jobs and for comparisons on update, never for a reader."""
        if not self.sealed_secrets:
            return self.declaration
        return put_back(self.declaration, json.loads(open_sealed(self.sealed_secrets, bound_to=self._binding)))

    @property
    def _binding(self) -> str:
        return f"pipeline-version/{self.account_id}/{self.pipeline_id}/{self.version}"


class StageTransition(models.Model):
    """The gate on one side of a stage. Without a row it is open and was never touched."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="transitions")
    stage = models.CharField(max_length=100)
    side = models.CharField(max_length=10, choices=[("Inbound", "Inbound"), ("Outbound", "Outbound")])
    enabled = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.CharField(max_length=2048, blank=True)
    changed_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "stage", "side"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "stage", "side"], name="one_transition_a_side")]

    def __str__(self) -> str:
        return f"{self.side} of {self.stage}: {'open' if self.enabled else 'closed'}"


class ApprovalRule(models.Model):
    """What the approvals of a pipeline ask for beyond AWS. Without a row: one approval, by anybody who may.

    It goes by the pipeline's name, so that who may change pipelines but not this rule cannot be rid of it by deleting a
    pipeline and making it anew. `needed`: how many different people must approve.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline_name = models.CharField(max_length=100)
    needed = models.PositiveSmallIntegerField(default=1)
    not_the_starter = models.BooleanField(default=False)
    changed_by = models.CharField(max_length=2048, blank=True)
    changed_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "pipeline_name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "pipeline_name"], name="one_approval_rule_a_pipeline")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_name}: {self.needed}{' not the starter' if self.not_the_starter else ''}"
