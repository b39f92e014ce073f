"""Why now: what is watched for new revisions, and who may call from outside."""

from django.db import models

from apps.core.arns import rule_arn, webhook_arn
from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_token
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account, ForAccount
from apps.triggers.engine.git_filters import Listening


class SourceWatch(models.Model):
    """The watch over one source action: what it was at last, and when to look again.

    `token` is the secret part of the address that a git hook calls to say "look now". `is_known` tells whether the
    source was ever seen, so that a first look starts no execution beside the one that creation starts.
    `polling_disabled_at`: polling was switched off because the pipeline was idle.
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
    polling_disabled_at = models.DateTimeField(null=True)
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


class ActionRevision(models.Model):
    """The revision that was put to a source action last, by PutActionRevision."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=100)
    revision_id = models.CharField(max_length=1500)
    change_id = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    put_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "action"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "action"], name="one_put_revision_an_action")]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.action} {self.revision_id}"


class Webhook(models.Model):
    """A webhook of the wire API: an address that starts one pipeline when what is posted there passes its filters.

    Shapes: `filters` lists {"jsonPath", "matchEquals"?}; `third_party_id` is the id that GitHub gave to the hook
    registered there. The pipeline is named, not pointed to: it may be deleted and made again under the same name.
    """

    AUTHENTICATIONS = [(kind, kind) for kind in ("GITHUB_HMAC", "IP", "UNAUTHENTICATED")]

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    target_pipeline = models.CharField(max_length=100)
    target_action = models.CharField(max_length=100)
    filters = models.JSONField(default=list)
    authentication = models.CharField(max_length=20, choices=AUTHENTICATIONS)
    allowed_ip_range = models.CharField(max_length=100, blank=True)
    sealed_secret = models.TextField(blank=True)
    tags = models.JSONField(default=dict, blank=True)
    third_party_id = models.CharField(max_length=100, blank=True)
    last_triggered_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_webhook_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        return webhook_arn(self.account.number, self.name)

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, bound_to=self._binding) if secret else ""

    def secret_in_clear(self) -> str:
        return open_sealed(self.sealed_secret, bound_to=self._binding) if self.sealed_secret else ""

    @property
    def _binding(self) -> str:
        return f"webhook/{self.account_id}/{self.token}"


class Schedule(models.Model):
    """What starts a pipeline by the clock. `next_start_at` is None for one that is off, or never comes again.

    Shapes: `expression` is cron(…) or rate(…) of AWS; `variables` maps names to values. The pipeline is named,
    not pointed to: it may be deleted and made again under the same name.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64)
    pipeline_name = models.CharField(max_length=100)
    expression = models.CharField(max_length=256)
    time_zone = models.CharField(max_length=50, default="UTC")
    variables = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField(default=True)
    next_start_at = models.DateTimeField(null=True)
    last_start_at = models.DateTimeField(null=True)
    last_execution_id = models.UUIDField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=2048, blank=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_schedule_a_name")]
        indexes = [models.Index(fields=["next_start_at"], name="schedules_due")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        return rule_arn(self.account.number, self.name)


class HookDelivery(models.Model):
    """A delivery that a hook has taken, kept for a day so that the same one starts nothing twice.

    Shapes: `hook` names the hook by kind and id ("webhook/7"); `delivery_id` is the sender's.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    hook = models.CharField(max_length=60)
    delivery_id = models.CharField(max_length=100)
    received_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["hook", "delivery_id"], name="one_delivery_a_hook")]
        indexes = [models.Index(fields=["received_at"], name="deliveries_by_age")]

    def __str__(self) -> str:
        return f"{self.hook} {self.delivery_id}"


class GitListener(models.Model):
    """One source action that listens to a connection: what of which repository starts its pipeline.

    Kept apart from the definition so that an event finds whom it concerns by an index. Shapes: `connection_uid` is the
    last part of the connection's ARN, and `repository` is in lower case, for the hosts do not tell cases apart;
    `git` is gitConfiguration of its trigger, None without one.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="git_listeners")
    action = models.CharField(max_length=100)
    connection_uid = models.UUIDField()
    repository = models.CharField(max_length=1000)
    branch = models.CharField(max_length=1000)
    detects = models.BooleanField()
    git = models.JSONField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "action"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "action"], name="one_listener_a_source_action")]
        indexes = [models.Index(fields=["connection_uid", "repository"], name="listeners_of_a_repository")]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.action}"

    @property
    def listening(self) -> Listening:
        return Listening(self.branch, self.detects, self.git)
