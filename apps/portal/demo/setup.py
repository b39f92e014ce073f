"""Sets the demo up: what is there stays, what is missing is made, addresses are brought up to date."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse

from apps.core import clock
from apps.core.arns import user_arn
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import find_pipeline
from apps.pipelines.services import create_pipeline
from apps.portal.demo.pipeline import NAME, TARGET, declaration
from apps.portal.demo.repository import BRANCH, create_repository, install_hook
from apps.tenancy.models import Account
from apps.tenancy.services import create_account
from apps.triggers.selectors import hook_url, watches_of

USERNAME = "demo"


def set_up_demo() -> dict[str, str]:
    """Make the demo account with its repository and pipeline, and write demo.json. Returns what that holds."""
    known = _read()
    account = Account.objects.filter(number=known.get("account_id", "")).first()
    if account is None:
        known, account = _new_account()
    repository = settings.REPOSITORIES_DIR / account.number / "harbor.git"
    if not repository.exists():
        create_repository(repository)
    pipeline = _pipeline(account, repository)
    install_hook(repository, hook_url(watches_of(pipeline)[0]))
    site = reverse("sites:site", args=[account.number, TARGET])
    known |= {"pipeline": NAME, "repository": str(repository), "site_url": settings.PUBLIC_URL + site}
    _write(known)
    return known


def demo_file() -> Path:
    return Path(settings.DATA_DIR) / "demo.json"


def _read() -> dict[str, str]:
    try:
        facts: dict[str, str] = json.loads(demo_file().read_text())
    except FileNotFoundError:
        return {}
    return facts


def _write(facts: dict[str, str]) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    part = demo_file().with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    part.replace(demo_file())


def _new_account() -> tuple[dict[str, str], Account]:
    made = create_account(name="Demo", username=USERNAME)
    account = made.account
    account.may_run_unisolated = account.serves_sites = True
    account.save(update_fields=["may_run_unisolated", "serves_sites"])
    return made.as_json(), account


def _pipeline(account: Account, repository: Path) -> Pipeline:
    try:
        return find_pipeline(account, NAME)
    except PipelineNotFound:
        wanted: dict[str, Any] = declaration(
            account_number=account.number,
            bucket=account.artifact_bucket,
            repository=str(repository),
            branch=BRANCH,
        )
        by = user_arn(account.number, USERNAME)
        return create_pipeline(account, wanted, tags={}, by=by, now=clock.database_now()).pipeline
