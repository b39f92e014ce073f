"""How often an account may call us: one bucket for its reads and one for its changes, in each web process.

See docs/decisions/ for why no row is shared between the processes.
"""

import time
from enum import StrEnum

from django.conf import settings

from apps.core.rates import Buckets, Rate
from apps.tenancy.models import Account

_buckets = Buckets()


class Kind(StrEnum):
    READ = "read"
    CHANGE = "change"


def seconds_to_wait(account: Account, kind: Kind, *, now: float | None = None) -> float:
    """Count one call and return 0.0, or return the seconds until the account may make one."""
    rate = Rate(_per_second(account, kind) / settings.WEB_PROCESSES)
    return _buckets.take((account.pk, kind), rate, now=time.monotonic() if now is None else now)


def _per_second(account: Account, kind: Kind) -> int:
    if kind is Kind.READ:
        own, usual = account.reads_per_second, settings.API_READS_PER_SECOND
    else:
        own, usual = account.changes_per_second, settings.API_CHANGES_PER_SECOND
    return usual if own is None else own
