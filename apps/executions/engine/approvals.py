"""When an approval has been given: how many different people it takes, and who may not be one of them.

Beyond AWS, where one answer decides. See decision 0019.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Tally:
    """The approvals given so far, and what is asked for. Shapes: people are ARNs.

    `barred` are those who started the execution, where the rule asks for somebody else; else nobody. One who became a
    starter after approving, by a retry, does not count any more.
    """

    needed: int = 1
    barred: frozenset[str] = frozenset()
    given_by: frozenset[str] = frozenset()

    @property
    def counted(self) -> frozenset[str]:
        return self.given_by - self.barred

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.counted))

    @property
    def is_reached(self) -> bool:
        return not self.missing

    def with_approval_of(self, person: str) -> "Tally":
        """Return the tally after this person's approval, which counts once however often it is given."""
        return replace(self, given_by=self.given_by | {person})
