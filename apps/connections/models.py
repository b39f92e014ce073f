"""Which git hosts an account is connected to, and with what."""

from django.db import models

from apps.connections.arns import connection_arn
from apps.connections.hosts import LONGEST_URL, Host
from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_id, new_token
from apps.tenancy.models import Account, ForAccount


class Connection(models.Model):
    """An account's connection to a git host: its repositories can be read, and it can tell of what changes in them.

    Shapes: `uid` is the last part of the ARN. `url` is the host's address without a slash at its end; a repository is
    below it. `username` and the sealed password are what the host asks for before it shows private repositories; both
    may be empty. `token` is the secret part of the address that the host calls; what it signs with or sends there is
    the sealed webhook secret. The error is the latest trouble with a call, until a call goes well.
    """

    HOSTS = [(host.value, host.value) for host in Host]

    uid = models.UUIDField(unique=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=32)
    provider_type = models.CharField(max_length=20, choices=HOSTS)
    url = models.CharField(max_length=LONGEST_URL)
    username = models.CharField(max_length=200, blank=True)
    sealed_password = models.TextField(blank=True)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    sealed_webhook_secret = models.TextField(blank=True)
    created_at = models.DateTimeField()
    last_event_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_connection_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        return connection_arn(self.account.number, self.uid)

    def set_password(self, password: str) -> None:
        self.sealed_password = seal(password, bound_to=self._binding("password")) if password else ""

    def password_in_clear(self) -> str:
        return open_sealed(self.sealed_password, bound_to=self._binding("password")) if self.sealed_password else ""

    def set_webhook_secret(self, secret: str) -> None:
        self.sealed_webhook_secret = seal(secret, bound_to=self._binding("webhook"))

    def webhook_secret_in_clear(self) -> str:
        return open_sealed(self.sealed_webhook_secret, bound_to=self._binding("webhook"))

    def _binding(self, purpose: str) -> str:
        return f"connection/{self.account_id}/{self.uid}/{purpose}"
