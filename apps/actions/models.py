"""Action types that an account declared for its own job workers."""

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
