"""Action types that accounts declared: for their own job workers, and for other accounts."""

from django.db import models

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
