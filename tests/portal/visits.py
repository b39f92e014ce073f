"""Visits of the portal in tests: who signs in, and where things stand."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.executions.models import PipelineExecution
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account
from apps.tenancy.roles import Role
from tests.factories import APPROVAL, make_account, make_execution, make_member, make_pipeline

HTMX = {"HX-Request": "true"}
RELEASE = {"Build": {"Make": 1, "Check": 1, "Pack": 2}, "Approval": {APPROVAL: 1}, "Deploy": {"Ship": 1}}


def signed_in(account: Account, role: Role = Role.ADMIN, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(make_member(account, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(page: str, account: Account, **place: Any) -> str:
    return reverse(f"portal:{page}", kwargs={"account": account.number, **place})


def make_release(account: Account | None = None, **members: Any) -> Pipeline:
    """Make a pipeline of four stages, with two actions at once and an approval."""
    return make_pipeline(account=account or make_account(), stages=RELEASE, **members)


def first_in_build(pipeline: Pipeline) -> PipelineExecution:
    return make_execution(pipeline)


def tiles(html: str) -> dict[str, str]:
    """Return the state that the page gives each action on its board."""
    found = re.findall(r'<li class="tile[^>]* data-stage="([^"]+)" data-action="([^"]+)" data-state="([^"]+)"', html)
    return {f"{stage}/{action}": state for stage, action, state in found}


def stages(html: str) -> dict[str, str]:
    found = re.findall(r'<article class="stage-card" data-stage="([^"]+)" data-state="([^"]+)"', html)
    return dict(found)


def said(html: str) -> str:
    """Return the text of a page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" .", ".")
