"""What an access key may do: what a role may, what a policy document says, or the jobs of some action types alone."""

import json
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from apps.tenancy.errors import GrantInvalid, PolicyInvalid
from apps.tenancy.policy import Policy, read_policy
from apps.tenancy.roles import Role

logger = logging.getLogger(__name__)
MOST_ACTION_TYPES: Final = 50
POLLED_TYPE = re.compile(
    r"(Source|Build|Deploy|Test|Invoke|Approval|Compute)/(Custom|ThirdParty)/[0-9A-Za-z_-]{1,35}/[0-9A-Za-z_-]{1,9}"
)


@dataclass(frozen=True)
class Grant:
    """Exactly one of the three is given. One with none of them grants nothing.

    Shapes: `action_types` are ids as jobs show them, "Build/Custom/Jenkins/1".
    """

    role: Role | None = None
    policy: Policy | None = None
    action_types: frozenset[str] = frozenset()


NOTHING: Final = Grant()


def read_grant(*, role: str | None, policy: Any, action_types: Collection[str]) -> Grant:
    """Read what a key is to be given. Raises GrantInvalid, PolicyInvalid."""
    if [bool(role), policy is not None, bool(action_types)].count(True) != 1:
        raise GrantInvalid("A key has a role, a policy document, or the action types that it polls: give one of them.")
    if policy is not None:
        return Grant(policy=_read_once(json.dumps(policy)))
    if role:
        return Grant(role=_role(role))
    return Grant(action_types=_action_types(action_types))


@lru_cache(maxsize=1000)
def _read_once(document: str) -> Policy:
    """Keys are looked up anew every few seconds, and compiling hundreds of patterns takes longer than many calls."""
    return read_policy(json.loads(document))


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise GrantInvalid(f"There is no role '{name}'. There are {', '.join(Role)}.") from None


def _action_types(given: Collection[str]) -> frozenset[str]:
    if isinstance(given, str) or len(given) > MOST_ACTION_TYPES:
        raise GrantInvalid(f"Give a list of at most {MOST_ACTION_TYPES} action types.")
    for text in given:
        if not isinstance(text, str) or not POLLED_TYPE.fullmatch(text):
            raise GrantInvalid(
                f"'{str(text)[:60]}' names no action type that is polled. Write it as Build/Custom/Jenkins/1."
            )
    return frozenset(given)


def stored_grant(*, key_id: str, role: str, policy: Any, action_types: Collection[str]) -> Grant:
    """Read what a stored key has been given; one that cannot be read any more grants nothing."""
    try:
        return read_grant(role=role, policy=policy, action_types=action_types)
    except (GrantInvalid, PolicyInvalid) as error:
        logger.error("Access key %s grants nothing: %s", key_id, error)
        return NOTHING
