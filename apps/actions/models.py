"""Action types that accounts declared: for their own job workers, and for other accounts."""

import hmac

from django.db import models

from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_id
from apps.tenancy.models import Account, ForAccount


class CustomActionType(models.Model):
    """An immutable declaration. Deleting marks it, because the same version may come back only unchanged.

    Shapes: `definition` is the input of CreateCustomActionType without its tags.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    category = models.CharField(max_length=20)
    provider = models.CharField(max_length=35)
    version = models.CharField(max_length=9)
    definition = models.JSONField()
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "category", "provider", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "category", "provider", "version"], name="one_custom_type_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}/Custom/{self.provider}/{self.version}"


class ThirdPartyActionType(models.Model):
    """An action type that one account, its publisher, offers to others: GetActionType and UpdateActionType speak of it.

    Its owner on the wire is ThirdParty. Who may use it stands in its grants, who may poll for its jobs in the executor.
    Shapes: `definition` is ActionTypeDeclaration of the wire API, without its permissions.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", help_text="The publisher.")
    category = models.CharField(max_length=20)
    provider = models.CharField(max_length=35)
    version = models.CharField(max_length=9)
    definition = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["category", "provider", "version"]
        constraints = [
            models.UniqueConstraint(fields=["category", "provider", "version"], name="one_third_party_type_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.category}/ThirdParty/{self.provider}/{self.version}"

    def is_polled_by(self, account: Account) -> bool:
        """Tell whether an account's job workers may take the type's jobs: the publisher's, and those it names."""
        return account.pk == self.account_id or account.number in self.polling_accounts

    @property
    def polling_accounts(self) -> list[str]:
        """The numbers of accounts, beside the publisher's own, whose job workers may take the type's jobs."""
        configuration = self.definition["executor"]["configuration"].get("jobWorkerExecutorConfiguration", {})
        return list(configuration.get("pollingAccounts", []))


class ThirdPartyGrant(models.Model):
    """That an account may use a third-party action type. An account number of `*` stands for every account."""

    EVERYBODY = "*"

    action_type = models.ForeignKey(ThirdPartyActionType, on_delete=models.CASCADE, related_name="grants")
    account_number = models.CharField(max_length=12)

    class Meta:
        ordering = ["action_type", "account_number"]
        constraints = [models.UniqueConstraint(fields=["action_type", "account_number"], name="one_grant_an_account")]
        indexes = [models.Index(fields=["account_number"], name="grants_of_an_account")]

    def __str__(self) -> str:
        return f"{self.action_type} for {self.account_number}"


class ThirdPartyClient(models.Model):
    """An account as a publisher knows it: the id that polls name, and the token that opens the account's jobs.

    The publisher gets the token out of band, so a job's id alone, which any of its workers may log, opens nothing.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", help_text="The customer.")
    action_type = models.ForeignKey(ThirdPartyActionType, on_delete=models.CASCADE, related_name="clients")
    client_id = models.UUIDField(unique=True, default=new_id, editable=False)
    sealed_token = models.TextField(editable=False)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["action_type", "account"]
        constraints = [models.UniqueConstraint(fields=["account", "action_type"], name="one_client_a_type")]

    def __str__(self) -> str:
        return f"{self.account_id} as client {self.client_id} of {self.action_type_id}"

    def set_token(self, token: str) -> None:
        self.sealed_token = seal(token, bound_to=self._binding)

    def get_token(self) -> str:
        return open_sealed(self.sealed_token, bound_to=self._binding)

    def has_token(self, token: str) -> bool:
        return hmac.compare_digest(self.get_token().encode(), token.encode())

    @property
    def _binding(self) -> str:
        return f"third-party-client/{self.account_id}/{self.client_id}"


class AwsConnection(models.Model):
    """The AWS credentials of an account, for the rules and actions that call AWS. An account has one at most.

    Shapes: an empty `endpoint_url` means AWS's own endpoints; another stands for every service.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    region = models.CharField(max_length=30)
    access_key_id = models.CharField(max_length=128)
    sealed_secret = models.TextField(editable=False)
    endpoint_url = models.CharField(max_length=255, blank=True)
    updated_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account"]

    def __str__(self) -> str:
        return f"{self.access_key_id} of {self.account_id} in {self.region}"

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, bound_to=self._binding)

    def get_secret(self) -> str:
        return open_sealed(self.sealed_secret, bound_to=self._binding)

    @property
    def _binding(self) -> str:
        return f"aws-connection/{self.account_id}/{self.access_key_id}"
