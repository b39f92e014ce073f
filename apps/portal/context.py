"""What every page knows: whose account it is in, and whether its commands run without a sandbox."""

import shutil
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.portal.membership import Visit
from apps.tenancy.models import Account

CONTAINER_ENGINES = ("docker", "podman")


def portal(request: HttpRequest) -> dict[str, Any]:
    visit: Visit | None = getattr(request, "visit", None)
    return {"visit": visit, "runs_unisolated": visit is not None and runs_unisolated(visit.account)}


def runs_unisolated(account: Account) -> bool:
    """Tell whether commands of this account run without a sandbox: allowed by the operator, and none to be had."""
    return (
        account.may_run_unisolated
        and settings.SANDBOX_ALLOW_UNISOLATED
        and settings.BUBBLEWRAP is None
        and not has_container_engine()
    )


@lru_cache(maxsize=1)
def has_container_engine() -> bool:
    return any(shutil.which(engine) for engine in CONTAINER_ENGINES)
