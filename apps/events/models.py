"""What happened: an append-only log, numbered and hash-chained within each account."""

from django.db import models

from apps.tenancy.models import Account, ForAccount

GENESIS = "0" * 64


class EventChain(models.Model):
    """The end of an account's log. Its row lock makes the numbers gapless and their order that of the commits."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="event_chain")
    sequence = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default=GENESIS)

    objects = ForAccount.as_manager()

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"


class Event(models.Model):
    """One thing that happened. Subjects are named by value: the log outlives what it speaks of."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    pipeline = models.CharField(max_length=100, blank=True)
    execution_id = models.UUIDField(null=True)
    stage = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    action_execution_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "sequence"]
        constraints = [models.UniqueConstraint(fields=["account", "sequence"], name="one_event_a_number")]
        indexes = [
            models.Index(fields=["account", "pipeline", "sequence"], name="events_of_a_pipeline"),
            models.Index(fields=["account", "execution_id", "sequence"], name="events_of_an_execution"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"
