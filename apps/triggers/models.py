"""Why now: what is watched for new revisions."""

from django.db import models

from apps.core.ids import new_token
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account, ForAccount


class SourceWatch(models.Model):
    """The watch over one source action: what it was at last, and when to look again.

    `token` is the secret part of the address that a git hook calls to say "look now". `is_known` tells whether the
    source was ever seen, so that a first look starts no execution beside the one that creation starts.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="watches")
    stage = models.CharField(max_length=100)
    action = models.CharField(max_length=100)
    action_type = models.CharField(max_length=100)
    configuration_digest = models.CharField(max_length=64)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    is_polled = models.BooleanField(default=True)
    is_known = models.BooleanField(default=False)
    revision_id = models.CharField(max_length=1500, blank=True)
    next_look_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    called_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "action"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "action"], name="one_watch_a_source_action")]
        indexes = [models.Index(fields=["next_look_at"], name="watches_due")]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.action}"
