"""Whose it is: accounts, the people in them, and the keys that programs sign with."""

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager

from apps.core.crypto import open_sealed, seal
from apps.core.ids import new_access_key_id, new_account_number, new_id
from apps.tenancy.errors import GrantInvalid, PolicyInvalid
from apps.tenancy.grants import Grant, read_grant, stored_grant
from apps.tenancy.roles import ROLE_CHOICES, Role


class Account(models.Model):
    """A tenant. Everything that belongs to it says so, and is read through `for_account()` only."""

    number = models.CharField(max_length=12, unique=True, default=new_account_number, editable=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    may_run_unisolated = models.BooleanField(
        default=False,
        help_text="Its commands may run without a sandbox where none can be had. For single-user machines only.",
    )
    serves_sites = models.BooleanField(
        default=False,
        help_text="What it deploys to folders is shown to everybody under /sites/.",
    )
    reads_per_second = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="API calls that read. Empty: HEADRACE_API_READS_PER_SECOND. 0: no limit.",
    )
    changes_per_second = models.PositiveIntegerField(
        null=True, blank=True, help_text="All other calls. Empty: HEADRACE_API_CHANGES_PER_SECOND. 0: no limit."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @property
    def artifact_bucket(self) -> str:
        """The bucket that the account has without asking for it. Other names work too, inside the account."""
        return f"headrace-{self.number}"


class User(AbstractUser):
    """A person who signs in. What they may do is said by their memberships."""

    accounts = models.ManyToManyField(Account, through="Membership", related_name="people")


class ForAccount(models.QuerySet):
    """Reads of rows that belong to one account."""

    def for_account(self, account: Account) -> "ForAccount":
        return self.filter(account=account)


class Membership(models.Model):
    """A person's role in an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES, default=Role.VIEWER)

    objects = ForAccount.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"{self.user.username}, {self.role} of {self.account.name}"


class AccessKey(models.Model):
    """A key that a program signs its requests with. Its secret is encrypted at rest and shown once.

    What it may do is said by one of `role`, `policy` and `action_types`.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="access_keys")
    key_id = models.CharField(max_length=32, unique=True, default=new_access_key_id, editable=False)
    sealed_secret = models.TextField(editable=False)
    principal = models.CharField(max_length=64, help_text="The user name in the ARN that events and history show.")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES, blank=True)
    policy = models.JSONField(null=True, blank=True, help_text="An IAM-style policy document, in place of a role.")
    action_types = models.JSONField(
        default=list,
        blank=True,
        help_text='What a job worker polls for, and all it may do: ["Build/Custom/Jenkins/1"], in place of a role.',
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "key_id"]

    def __str__(self) -> str:
        return self.key_id

    def clean(self) -> None:
        """Raises ValidationError when what the key may do is not said, is said twice, or cannot be followed."""
        try:
            read_grant(role=self.role, policy=self.policy, action_types=self.action_types)
        except (GrantInvalid, PolicyInvalid) as error:
            raise ValidationError(error.message) from None

    @property
    def grant(self) -> Grant:
        return stored_grant(key_id=self.key_id, role=self.role, policy=self.policy, action_types=self.action_types)

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, bound_to=self._binding)

    def get_secret(self) -> str:
        return open_sealed(self.sealed_secret, bound_to=self._binding)

    @property
    def _binding(self) -> str:
        return f"access-key/{self.account_id}/{self.key_id}"


class ApiToken(AbstractAuthToken):
    """A token that a program of a person carries to our REST API. It is stored as a digest and shown once.

    Through it the person has the role that is the lesser of theirs and the token's, in `account` alone if it names one.
    """

    id = models.UUIDField(unique=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64, help_text="What the token is for.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)

    objects = AuthTokenManager.from_queryset(ForAccount)()

    class Meta:
        ordering = ["user", "id"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"
