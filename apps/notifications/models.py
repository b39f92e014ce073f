"""Who is told what: rules, the targets they name, and what is on its way to each target."""

from django.conf import settings
from django.db import models

from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_id
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account, ForAccount

WEBHOOK, EMAIL = "webhook", "email"
PENDING, DELIVERED, DEAD = "Pending", "Delivered", "Dead"


class EventCursor(models.Model):
    """Up to which number the events of an account were handed on. Its row lock makes each be handed on once."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="event_cursor")
    sequence = models.BigIntegerField()

    objects = ForAccount.as_manager()

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"


class Target(models.Model):
    """Where messages go: a webhook, whose messages are signed, or an e-mail address.

    Its row lock guards the order of its deliveries. Shapes: `address` is a URL or an e-mail address.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=[(WEBHOOK, "Webhook"), (EMAIL, "E-mail")])
    address = models.CharField(max_length=2000)
    sealed_secret = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "address"]
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="one_target_an_address")]

    def __str__(self) -> str:
        return self.address

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, bound_to=self._binding)

    def secret_in_clear(self) -> str:
        return open_sealed(self.sealed_secret, bound_to=self._binding)

    @property
    def _binding(self) -> str:
        return f"notification-target/{self.account_id}/{self.pk}"


class NotificationRule(models.Model):
    """Which events are told to which targets.

    Shapes: `event_types` lists ids of notification rules, or "*"; `pipelines` lists names in which "*" stands for any
    characters, none for all pipelines; `detail` is how much a message tells; `after` is the number of the account's
    last event when the rule was made or changed: it speaks of later ones only, though the cursor may lag behind.
    """

    DETAILS = [("BASIC", "Basic"), ("FULL", "Full")]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64)
    event_types = models.JSONField()
    pipelines = models.JSONField(default=list, blank=True)
    detail = models.CharField(max_length=5, choices=DETAILS, default="FULL")
    targets = models.ManyToManyField(Target, related_name="rules")
    after = models.BigIntegerField()
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_notification_rule_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        number = self.account.number
        return f"arn:aws:codestar-notifications:{settings.REGION}:{number}:notificationrule/{self.pk.hex}"


class Topic(models.Model):
    """What an approval names, as an SNS topic, to have targets told that it waits."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=256)
    targets = models.ManyToManyField(Target, related_name="topics")
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_topic_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        return f"arn:aws:sns:{settings.REGION}:{self.account.number}:{self.name}"


class Delivery(models.Model):
    """One message to one target. Those of a target about one pipeline are sent in the order of their numbers.

    `next_attempt_at` is set for the first of them that is pending, and for no other; while somebody sends it, it lies
    ahead. `enqueued_at`: when the queue was asked to. `origin` is the ARN of the rule or topic that asked for it.
    """

    STATES = [(state, state) for state in (PENDING, DELIVERED, DEAD)]

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.UUIDField(unique=True, default=new_id, editable=False)
    pipeline = models.CharField(max_length=100)
    sequence = models.BigIntegerField()
    origin = models.CharField(max_length=400)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    enqueued_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["target", "origin", "sequence"], name="one_delivery_an_event_and_rule")
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="Pending"), name="deliveries_due"),
            models.Index(
                fields=["target", "pipeline", "id"], condition=models.Q(state="Pending"), name="deliveries_of_a_lane"
            ),
            models.Index(fields=["account", "state", "-id"], name="deliveries_by_state"),
            models.Index(fields=["state", "ended_at"], name="deliveries_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} to {self.target_id}: {self.state}"


class Reminder(models.Model):
    """When a pipeline was looked at for what has waited too long, and when people were last told of it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.OneToOneField(Pipeline, on_delete=models.CASCADE, primary_key=True, related_name="+")
    looked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "pipeline"]

    def __str__(self) -> str:
        return f"{self.pipeline_id} at {self.looked_at}"
