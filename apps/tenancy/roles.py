"""What a member of an account, or one of its access keys, may do. Each role may do what the one before it may."""

from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"  # reads
    DEVELOPER = "developer"  # changes pipelines, starts, stops and retries executions
    RELEASER = "releaser"  # decides approvals, opens and closes transitions
    ADMIN = "admin"  # members, keys, everything

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        return self.rank >= other.rank

    def at_most(self, other: "Role") -> "Role":
        """Return the lesser of the two."""
        return self if other.includes(self) else other


ROLE_CHOICES = [(role.value, role.value.capitalize()) for role in Role]
